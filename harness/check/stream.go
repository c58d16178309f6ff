package check

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/scenarios"
)

// streams reports whether the right answer is a stream of server-sent events.
func streams(r *scenarios.Request) bool {
	for _, h := range r.Expect.Headers {
		if strings.EqualFold(h.Name, "Content-Type") && mediaType(h.Value) == "text/event-stream" {
			return true
		}
	}
	return false
}

// compareEvents returns a difference where the answer holds several events in one
// chunk: then the server did not flush each of them. An answer that ends with the
// connection does not show its flushes.
func (a answer) compareEvents(m message) string {
	if events := countEvents(a.body); m.streams && a.chunks > 0 && a.chunks < events {
		return fmt.Sprintf("%d events came in %d chunks: the server does not flush each event", events, a.chunks)
	}
	return ""
}

// countEvents returns the number of events that are complete: lines with at least one
// field, and an empty line.
func countEvents(stream []byte) int {
	events, fields := 0, 0
	for len(stream) > 0 {
		end := bytes.IndexAny(stream, "\r\n")
		if end < 0 {
			break
		}
		switch {
		case end > 0 && stream[0] != ':':
			fields++
		case end == 0 && fields > 0:
			events, fields = events+1, 0
		}
		if bytes.HasPrefix(stream[end:], []byte("\r\n")) {
			end++
		}
		stream = stream[end+1:]
	}
	return events
}

// recorder keeps what is read from the connection once it is started.
type recorder struct {
	from io.Reader
	on   bool
	kept []byte
}

// start begins with the bytes that stand in the reader's buffer.
func (r *recorder) start(in *bufio.Reader) {
	buffered, _ := in.Peek(in.Buffered())
	r.on, r.kept = true, bytes.Clone(buffered)
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if r.on {
		r.kept = append(r.kept, p[:n]...)
	}
	return n, err
}

// chunks returns the number of data chunks of the final answer that was recorded, 0
// where it is not chunked.
func (r *recorder) chunks() int {
	const emptyLine = "\r\n\r\n"
	for answer := r.kept; ; {
		head, body, whole := bytes.Cut(answer, []byte(emptyLine))
		switch {
		case !whole:
			return 0
		case bytes.HasPrefix(head, []byte("HTTP/1.1 1")):
			answer = body
		case !bytes.Contains(bytes.ToLower(head), []byte("\r\ntransfer-encoding:")):
			return 0
		default:
			return dataChunks(body)
		}
	}
}

// dataChunks returns the number of whole chunks with data in a chunked body.
func dataChunks(framed []byte) int {
	for chunks := 0; ; chunks++ {
		line, rest, whole := bytes.Cut(framed, []byte("\r\n"))
		size, _, _ := strings.Cut(string(line), ";")
		n, err := strconv.ParseUint(strings.TrimSpace(size), 16, 31)
		if !whole || err != nil || n == 0 || uint64(len(rest)) < n+2 {
			return chunks
		}
		framed = rest[n+2:]
	}
}
