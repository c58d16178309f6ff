package wire

import (
	"errors"
	"fmt"
	"testing"
	"unsafe"
)

func TestParserIsSmall(t *testing.T) {
	t.Parallel()
	if size := unsafe.Sizeof(Parser{}); size > 100 {
		t.Errorf("a Parser takes %d bytes; 10 000 connections hold one each", size)
	}
}

// run feeds the stream in the given pieces, keeping what was not consumed as
// the contract asks, and returns the events in words, neighbouring body spans
// joined. It ends with what EOF says.
func run(p *Parser, noBody bool, pieces ...string) []string {
	var told []string
	var body []byte
	flush := func() {
		if len(body) > 0 {
			told = append(told, fmt.Sprintf("body %q", body))
			body = nil
		}
	}
	p.Reset()
	p.Expect(noBody)
	var kept []byte
	for _, piece := range pieces {
		kept = append(kept, piece...)
		for {
			n, ev, err := p.Next(kept)
			if err != nil {
				flush()
				return append(told, reasonOf(err))
			}
			if ev == Body {
				body = append(body, p.Span(kept)...)
			} else if ev != NeedMore {
				flush()
				told = append(told, describe(p, ev))
			}
			kept = kept[n:]
			if ev == NeedMore {
				break
			}
		}
	}
	ev, err := p.EOF()
	flush()
	switch {
	case errors.Is(err, ErrIdle):
		return append(told, "idle")
	case errors.Is(err, ErrTruncated):
		return append(told, "truncated")
	case err != nil:
		return append(told, err.Error())
	}
	return append(told, "eof "+ev.String())
}

func reasonOf(err error) string {
	var broken *ProtocolError
	if errors.As(err, &broken) {
		return "error: " + broken.Reason
	}
	return "unexpected error: " + err.Error()
}

func describe(p *Parser, ev Event) string {
	switch ev {
	case Head:
		return fmt.Sprintf("head %d keep=%v length=%d chunked=%v bytes=%d",
			p.Status, p.KeepAlive, p.ContentLength, p.Chunked, p.HeadBytes)
	case Interim:
		return fmt.Sprintf("interim %d", p.Status)
	}
	return ev.String()
}

func TestParserSmoke(t *testing.T) {
	t.Parallel()
	got := run(new(Parser), false, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nalive\r\n")
	want := []string{"head 200 keep=true length=7 chunked=false bytes=38", `body "alive\r\n"`, "end", "idle"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
