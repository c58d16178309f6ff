package wire_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/loaders/codec/h1/wire"
)

// FuzzCuts holds the parser's first law: the parts do not depend on the cuts of the
// stream.
func FuzzCuts(f *testing.F) {
	for i, c := range streams() {
		f.Add([]byte(c.stream), c.noBody, uint8(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, noBody bool, step uint8) {
		whole := run(new(wire.Parser), noBody, string(data))
		var pieces []string
		size := int(step)%7 + 1
		for rest := string(data); rest != ""; {
			n := min(size, len(rest))
			pieces = append(pieces, rest[:n])
			rest = rest[n:]
			size = size*5%11 + 1
		}
		if diff := cmp.Diff(whole, run(new(wire.Parser), noBody, pieces...)); diff != "" {
			t.Errorf("%q in pieces %q: -whole +pieces\n%s", data, pieces, diff)
		}
	})
}

// answer is a final response as one reader understood it.
type answer struct {
	Status    int
	Body      string
	KeepAlive bool
	Rest      string // bytes behind the response
}

// FuzzAgainstNetHTTP compares with net/http's reader: where both accept a
// response, they agree about it. In all known differences one side refuses:
//
//   - net/http lets Transfer-Encoding win over Content-Length, ignores it in
//     HTTP/1.0, and knows no coding but chunked. This package refuses the
//     first two, and reads other codings as RFC 9112, 6.3 says.
//   - net/http unfolds every field, takes spaces in field names, a signed or
//     short status, other versions of HTTP and much space in the status line.
//   - net/http has other limits of chunk lines, trailers and heads.
func FuzzAgainstNetHTTP(f *testing.F) {
	for _, c := range streams() {
		f.Add([]byte(c.stream), c.noBody)
	}
	f.Fuzz(func(t *testing.T, data []byte, noBody bool) {
		ours, err := readOurs(data, noBody)
		if err != nil {
			return
		}
		theirs, err := readTheirs(data, noBody)
		if err != nil {
			return
		}
		if diff := cmp.Diff(theirs, ours); diff != "" {
			t.Errorf("%q: -net/http +wire\n%s", data, diff)
		}
	})
}

// The comparison shows something only where both accept: most well-formed streams of
// the table.
func TestComparedWithNetHTTP(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, c := range streams() {
		ours, err := readOurs([]byte(c.stream), c.noBody)
		if err != nil {
			continue
		}
		theirs, err := readTheirs([]byte(c.stream), c.noBody)
		if err != nil {
			t.Logf("%s: net/http refuses it: %v", c.name, err)
			continue
		}
		compared++
		if diff := cmp.Diff(theirs, ours); diff != "" {
			t.Errorf("%s: %q: -net/http +wire\n%s", c.name, c.stream, diff)
		}
	}
	if compared < 45 {
		t.Errorf("only %d streams were read by both", compared)
	}
}

func readOurs(data []byte, noBody bool) (answer, error) {
	var p wire.Parser
	var body []byte
	p.Expect(noBody, false)
	for {
		n, ev, err := p.Next(data)
		if ev == wire.Body {
			body = append(body, p.Span(data)...)
		}
		data = data[n:]
		if err == nil && ev == wire.NeedMore {
			ev, err = p.EOF()
		}
		if err != nil {
			return answer{}, err
		}
		if ev == wire.End {
			return answer{p.Status, string(body), p.KeepAlive, string(data)}, nil
		}
	}
}

func readTheirs(data []byte, noBody bool) (answer, error) {
	request := &http.Request{Method: "GET"}
	if noBody {
		request.Method = "HEAD"
	}
	r := bufio.NewReader(bytes.NewReader(data))
	for range wire.MaxInterim + 1 {
		response, err := http.ReadResponse(r, request)
		if err != nil {
			return answer{}, err
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return answer{}, err
		}
		if s := response.StatusCode; s < 200 && s != 101 {
			continue
		}
		rest, err := io.ReadAll(r)
		keep := !response.Close && response.StatusCode != 101
		return answer{response.StatusCode, string(body), keep, string(rest)}, err
	}
	return answer{}, errors.New("too many interim responses")
}

// This package reads the responses that net/http writes.
func TestReadsWhatNetHTTPWrites(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 204, 304, 404, 500} {
		for _, length := range []int64{-1, 0, 5, 100_000} {
			for _, proto := range []int{0, 1} {
				name := fmt.Sprintf("HTTP/1.%d %d length %d", proto, status, length)
				if status == 204 || status == 304 {
					length = 0 // net/http would write a body that the status forbids
				}
				text := strings.Repeat("x", int(max(length, 0)))
				response := http.Response{
					StatusCode: status, ProtoMajor: 1, ProtoMinor: proto, ContentLength: length,
					Body: io.NopCloser(strings.NewReader(text)),
				}
				if length < 0 && proto == 1 {
					response.TransferEncoding = []string{"chunked"}
				}
				var stream bytes.Buffer
				if err := response.Write(&stream); err != nil {
					t.Fatal(err)
				}
				got, err := readOurs(stream.Bytes(), false)
				if err != nil || got.Status != status || got.Body != text || got.Rest != "" {
					t.Errorf("%s: status %d, a body of %d bytes, %v from %.100q", name, got.Status, len(got.Body), err, stream.String())
				}
			}
		}
	}
}
