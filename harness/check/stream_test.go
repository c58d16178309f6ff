package check

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// Known answers from the event stream format of the HTML standard, §9.2.6.
func TestCountEvents(t *testing.T) {
	t.Parallel()
	for stream, want := range map[string]int{
		"":                                   0,
		"data: 1\n\n":                        1,
		"data: 1\n":                          0,
		"data: 1\n\ndata: 2\n\ndata: 3":      2,
		"data: 1\r\n\r\ndata: 2\r\rdata\n\n": 3,
		": a comment\n\n":                    0,
		"\n\n\ndata: a\ndata: b\n\n":         1,
	} {
		if got := countEvents([]byte(stream)); got != want {
			t.Errorf("%q: %d events, want %d", stream, got, want)
		}
	}
}

// The recorder sees the chunks of an answer, however it is read.
func TestRecordedChunks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(1, 300), 0, 20).Draw(t, "sizes")
		var wire strings.Builder
		if rapid.Bool().Draw(t, "interim") {
			wire.WriteString("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
		}
		wire.WriteString("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		for i, n := range sizes {
			fmt.Fprintf(&wire, "%x%s\r\n%s\r\n", n, []string{"", ";name=value"}[i%2], strings.Repeat("x", n))
		}
		wire.WriteString("0\r\n\r\n")
		r := &recorder{from: iotest.OneByteReader(strings.NewReader("an earlier answer" + wire.String()))}
		in := bufio.NewReader(r)
		_, _ = in.Discard(len("an earlier answer"))
		r.start(in)
		_, _ = io.Copy(io.Discard, in)
		if got := r.chunks(); got != len(sizes) {
			t.Fatalf("%d chunks, want %d", got, len(sizes))
		}
	})
	length := &recorder{kept: []byte("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n2\r\n")}
	if got := length.chunks(); got != 0 {
		t.Errorf("an answer with a length has %d chunks", got)
	}
}

// Counting ends on any bytes, and counts no more than there can be.
func FuzzStream(f *testing.F) {
	f.Add([]byte("data: 1\n\ndata: 2\n\n"))
	f.Add([]byte("5\r\nhello\r\n0\r\n\r\n"))
	f.Add([]byte("ffffffffffffffff\r\n"))
	f.Fuzz(func(t *testing.T, came []byte) {
		if n := countEvents(came); n > len(came)/2 {
			t.Errorf("%d events in %d bytes", n, len(came))
		}
		if n := dataChunks(came); n > len(came)/6+1 {
			t.Errorf("%d chunks in %d bytes", n, len(came))
		}
		once, twice := countEvents(came), countEvents(bytes.Repeat(came, 2))
		if twice < once {
			t.Errorf("%d events, and fewer in twice the stream: %d", once, twice)
		}
	})
}
