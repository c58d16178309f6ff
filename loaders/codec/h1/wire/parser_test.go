package wire_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/joust-bench/joust/loaders/codec/h1/wire"
)

func TestParserIsSmall(t *testing.T) {
	t.Parallel()
	if size := unsafe.Sizeof(wire.Parser{}); size > 100 {
		t.Errorf("a Parser takes %d bytes; 10 000 connections hold one each", size)
	}
}

// run feeds the stream in the given pieces, shows bytes that were not consumed
// again, and returns the parts in words, with neighbouring body spans joined. The
// last word is that of EOF.
func run(p *wire.Parser, noBody bool, pieces ...string) []string {
	var parts []string
	var body []byte
	flush := func() {
		if len(body) > 0 {
			parts = append(parts, fmt.Sprintf("body %q", body))
			body = nil
		}
	}
	p.Reset()
	p.Expect(noBody, false)
	var pending []byte
	for _, piece := range pieces {
		pending = append(pending, piece...)
		for {
			n, ev, err := p.Next(pending)
			if err != nil {
				flush()
				return append(parts, reasonOf(err))
			}
			if ev == wire.Body {
				body = append(body, p.Span(pending)...)
			} else if ev != wire.NeedMore {
				flush()
				parts = append(parts, describe(p, ev))
			}
			pending = pending[n:]
			if ev == wire.NeedMore {
				break
			}
		}
	}
	ev, err := p.EOF()
	flush()
	switch {
	case errors.Is(err, wire.ErrIdle):
		return append(parts, "idle")
	case errors.Is(err, wire.ErrTruncated):
		return append(parts, "truncated")
	case err != nil:
		return append(parts, err.Error())
	}
	return append(parts, "eof "+partNames[ev])
}

var partNames = map[wire.Part]string{wire.NeedMore: "need more", wire.Head: "head", wire.Interim: "interim", wire.Body: "body", wire.End: "end"}

func reasonOf(err error) string {
	var broken *wire.ProtocolError
	if errors.As(err, &broken) {
		return "error: " + broken.Reason
	}
	return "unexpected error: " + err.Error()
}

func describe(p *wire.Parser, part wire.Part) string {
	switch part {
	case wire.Head:
		return fmt.Sprintf("head %d keep=%v length=%d chunked=%v bytes=%d",
			p.Status, p.KeepAlive, p.ContentLength, p.Chunked, p.HeadBytes)
	case wire.Interim:
		return fmt.Sprintf("interim %d", p.Status)
	}
	return partNames[part]
}

func TestParserReads(t *testing.T) {
	t.Parallel()
	for _, c := range streams() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, run(new(wire.Parser), c.noBody, c.stream)); diff != "" {
				t.Errorf("%q: -want +got\n%s", c.stream, diff)
			}
		})
	}
}

// Every stream of the table cut in two at every byte, and into single bytes,
// gives the same parts.
func TestParserReadsAnyCut(t *testing.T) {
	t.Parallel()
	for _, c := range streams() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := new(wire.Parser)
			for at := range len(c.stream) + 1 {
				if diff := cmp.Diff(c.want, run(p, c.noBody, c.stream[:at], c.stream[at:])); diff != "" {
					t.Fatalf("cut at %d: -want +got\n%s", at, diff)
				}
			}
			if diff := cmp.Diff(c.want, run(p, c.noBody, strings.Split(c.stream, "")...)); diff != "" {
				t.Errorf("byte by byte: -want +got\n%s", diff)
			}
		})
	}
}

// The answer to an HTTP/1.0 request keeps the connection only where it says so, and
// no coding frames its body (RFC 9112 §6.1, §9.3).
func TestAnswersToHTTP10(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]string{
		"HTTP/1.0 200 OK\r\n":                                  "keep false",
		"HTTP/1.1 200 OK\r\n":                                  "keep false",
		"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n":        "keep true",
		"HTTP/1.1 200 OK\r\nConnection: Keep-Alive\r\n":        "keep true",
		"HTTP/1.1 200 OK\r\nConnection: close, keep-alive\r\n": "keep false",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n":    "error: Transfer-Encoding in the answer to an HTTP/1.0 request",
	} {
		if !strings.Contains(head, "Transfer") {
			head += "Content-Length: 0\r\n"
		}
		var p wire.Parser
		p.Expect(false, true)
		_, _, err := p.Next([]byte(head + "\r\n"))
		got := fmt.Sprintf("keep %v", p.KeepAlive)
		if err != nil {
			got = reasonOf(err)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", head, got, want)
		}
	}
}

// Streams of several responses, cut in any number of places, give the parts of
// the whole.
func TestParserReadsAnyPieces(t *testing.T) {
	t.Parallel()
	rows := streams()
	rapid.Check(t, func(rt *rapid.T) {
		var stream strings.Builder
		for range rapid.IntRange(1, 4).Draw(rt, "responses") {
			stream.WriteString(rapid.SampledFrom(rows).Draw(rt, "response").stream)
		}
		whole := stream.String()
		noBody := rapid.Bool().Draw(rt, "HEAD")
		var pieces []string
		for rest := whole; rest != ""; {
			n := rapid.IntRange(1, min(len(rest), 40)).Draw(rt, "piece")
			pieces = append(pieces, rest[:n])
			rest = rest[n:]
		}
		want := run(new(wire.Parser), noBody, whole)
		if diff := cmp.Diff(want, run(new(wire.Parser), noBody, pieces...)); diff != "" {
			rt.Fatalf("%q in pieces %q: -whole +pieces\n%s", whole, pieces, diff)
		}
	})
}

func TestHeadLimit(t *testing.T) {
	t.Parallel()
	const start, end = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ", "\r\n\r\n"
	pad := wire.MaxHead - len(start) - len(end)
	for _, c := range []struct {
		name, stream, want string
	}{
		{"just fits", start + strings.Repeat("x", pad) + end, "end"},
		{"one byte more", start + strings.Repeat("x", pad+1) + end, "error: head larger than 64 KiB"},
		{"many fields", "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", wire.MaxHead/6), "error: head larger than 64 KiB"},
		{"endless line", "HTTP/1.1 200 " + strings.Repeat("x", wire.MaxHead), "error: head larger than 64 KiB"},
		{"a thousand fields", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + strings.Repeat("A: b\r\n", 1000) + "\r\n", "end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for range 20 {
				at := rand.IntN(len(c.stream))
				for _, pieces := range [][]string{{c.stream}, {c.stream[:at], c.stream[at:]}} {
					if got := run(new(wire.Parser), false, pieces...); !slices.Contains(got, c.want) {
						t.Fatalf("cut at %d: %q lacks %q", at, got, c.want)
					}
				}
			}
		})
	}
}

func TestChunkFramingLimits(t *testing.T) {
	t.Parallel()
	const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, c := range []struct {
		name, body, want string
	}{
		{"long extension", "1;" + strings.Repeat("x", wire.MaxChunkLine-3) + "\r\na\r\n0\r\n\r\n", "end"},
		{"endless extension", "1;" + strings.Repeat("x", wire.MaxChunkLine), "error: chunk size line larger than 4 KiB"},
		{"endless zeros", strings.Repeat("0", wire.MaxChunkLine+1), "error: chunk size line larger than 4 KiB"},
		{"long trailers", "0\r\n" + strings.Repeat("A: b\r\n", 10_000) + "\r\n", "end"},
		{"endless trailers", "0\r\n" + strings.Repeat("A: b\r\n", wire.MaxHead/6+1), "error: trailers larger than 64 KiB"},
		{"many long lines", strings.Repeat("1;"+strings.Repeat("x", 2000)+"\r\na\r\n", 100) + "0\r\n\r\n", "end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := run(new(wire.Parser), false, head+c.body); !slices.Contains(got, c.want) {
				t.Errorf("%.200q lacks %q", got, c.want)
			}
		})
	}
}

func TestInterimLimit(t *testing.T) {
	t.Parallel()
	const interim, final = "HTTP/1.1 102 Processing\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n"
	most := strings.Repeat(interim, wire.MaxInterim) + final
	// The count starts anew with each response.
	if got := run(new(wire.Parser), false, most+most); got[len(got)-1] != "idle" || len(got) != 2*(wire.MaxInterim+2)+1 {
		t.Errorf("%d interim responses: %q", wire.MaxInterim, got)
	}
	got := run(new(wire.Parser), false, strings.Repeat(interim, wire.MaxInterim+1)+final)
	if want := "error: more than 32 interim responses"; got[len(got)-1] != want {
		t.Errorf("%d interim responses end with %q, want %q", wire.MaxInterim+1, got[len(got)-1], want)
	}
}

func TestParserStaysBroken(t *testing.T) {
	t.Parallel()
	p := new(wire.Parser)
	_, _, err := p.Next([]byte("SSH-2.0-OpenSSH\r\n"))
	var broken *wire.ProtocolError
	if !errors.As(err, &broken) || !strings.Contains(err.Error(), `"SSH-2.0-OpenSSH`) {
		t.Fatalf("got %v, want a protocol error that quotes the stream", err)
	}
	if _, _, err := p.Next([]byte("HTTP/1.1 200 OK\r\n\r\n")); !errors.Is(err, wire.ErrFailed) {
		t.Errorf("the broken parser went on: %v", err)
	}
	if _, err := p.EOF(); !errors.Is(err, wire.ErrFailed) {
		t.Errorf("the broken parser ended with %v", err)
	}
	p.Reset()
	if n, ev, err := p.Next([]byte("HTTP/1.1 200 OK\r\n\r\n")); n != 19 || ev != wire.Head || err != nil {
		t.Errorf("after Reset: %d, %v, %v", n, ev, err)
	}
}

// A caller that loses the bytes of an incomplete head gets an error, not a hang or
// a misreading.
func TestLostHeadIsAnError(t *testing.T) {
	t.Parallel()
	p := new(wire.Parser)
	if n, ev, err := p.Next([]byte("HTTP/1.1 200 OK\r\nContent-")); n != 0 || ev != wire.NeedMore || err != nil {
		t.Fatalf("an incomplete head: %d, %v, %v", n, ev, err)
	}
	if _, _, err := p.Next([]byte("Length: 0\r\n\r\n")); err == nil {
		t.Error("the rest of a head alone was accepted")
	}
	p.Reset()
	for _, part := range []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "0\r\nX-Trailer: "} {
		if _, _, err := p.Next([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := p.Next([]byte("a\r\n\r\n")); err == nil {
		t.Error("the rest of trailers alone was accepted")
	}
}

// An excerpt is short, whatever the server sent.
func TestExcerptIsShort(t *testing.T) {
	t.Parallel()
	_, _, err := new(wire.Parser).Next([]byte(strings.Repeat("\x00", 1<<20)))
	if err == nil || len(err.Error()) > 400 {
		t.Errorf("the error's text is %d bytes", len(err.Error()))
	}
}

// A body of many megabytes by length or by the close passes in any pieces.
func TestLargeBodies(t *testing.T) {
	t.Parallel()
	const size = 20 << 20
	piece := make([]byte, 64<<10)
	for name, head := range map[string]string{
		"length":      fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size),
		"until close": "HTTP/1.1 200 OK\r\n\r\n",
	} {
		p := new(wire.Parser)
		if _, ev, err := p.Next([]byte(head)); ev != wire.Head || err != nil {
			t.Fatalf("%s: %v, %v", name, ev, err)
		}
		seen := 0
		for seen < size {
			n, ev, err := p.Next(piece)
			if ev != wire.Body || err != nil || n != len(p.Span(piece)) {
				t.Fatalf("%s: after %d bytes: %d, %v, %v", name, seen, n, ev, err)
			}
			seen += n
		}
		if ev, err := p.EOF(); ev != wire.End || err != nil || seen != size {
			t.Errorf("%s: %d bytes, then %v, %v", name, seen, ev, err)
		}
	}
}

func TestEOFSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stream, want string
		is           error
	}{
		{"", "between responses", wire.ErrIdle},
		{"HTTP/1.1 204 N\r\n\r\n", "between responses", wire.ErrIdle},
		{"H", "1 bytes of a head", wire.ErrTruncated},
		{"HTTP/1.1 200 OK\r\n", "17 bytes of a head", wire.ErrTruncated},
		{"HTTP/1.1 100 Continue\r\n\r\n", "after status 100", wire.ErrTruncated},
		{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "10 of 10 body bytes", wire.ErrTruncated},
		{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcd", "6 of 10 body bytes", wire.ErrTruncated},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "chunked body", wire.ErrTruncated},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "chunked body", wire.ErrTruncated},
	} {
		p := new(wire.Parser)
		data := []byte(c.stream)
		for {
			n, ev, err := p.Next(data)
			if err != nil {
				t.Fatalf("%q: %v", c.stream, err)
			}
			if data = data[n:]; ev == wire.NeedMore {
				break
			}
		}
		if _, err := p.EOF(); !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.stream, err, c.want)
		}
	}
}
