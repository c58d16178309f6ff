package eventstream_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/loaders/eventstream"
)

func count(pieces ...string) uint64 {
	var c eventstream.Counter
	for _, p := range pieces {
		c.Feed([]byte(p))
	}
	return c.Count()
}

// The first streams are the examples of the HTML standard, §9.2.6.
func TestCount(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stream string
		want   uint64
	}{
		{"data: YHOO\ndata: +2\ndata: 10\n\n", 1},
		{": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event", 2},
		{"data\n\ndata\ndata\n\ndata:", 2},
		{"data:test\n\ndata: test\n\n", 2},
		{"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n", 3},
		{"", 0},
		{"\n\n\n", 0},
		{"event: nothing\nid: 1\n\n", 0},
		{"datum: 1\n\ndat: 1\n\n data: 1\n\nData: 1\n\n", 0},
		{"data: 1\n\n\n\n", 1},
		{"data: 1\r\rdata: 2\r\n\r\ndata: 3\n\r\n", 3},
		{"data: 1\r\n", 0},
		{"\xEF\xBB\xBFdata: 1\n\n", 1},
		{"\xEF\xBBdata: 1\n\ndata: 2\n\n", 1},
		{"\xEF\xBB\xBF\xEF\xBB\xBFdata: 1\n\ndata: 2\n\n", 1},
		{"retry: 10\ndata: 1\n:\n\n", 1},
	} {
		if got := count(c.stream); got != c.want {
			t.Errorf("%d events in %q, want %d", got, c.stream, c.want)
		}
	}
}

// whole counts the events of a whole stream, in another way: lines first, then fields.
func whole(stream string) (events uint64) {
	stream = strings.TrimPrefix(stream, "\xEF\xBB\xBF")
	stream = strings.ReplaceAll(strings.ReplaceAll(stream, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(stream, "\n")
	data := ""
	for _, line := range lines[:len(lines)-1] { // the last one has no end
		name, value, _ := strings.Cut(line, ":")
		switch {
		case line == "" && data != "":
			events++
			data = ""
		case name == "data":
			data += value + "\n"
		}
	}
	return events
}

// The count is that of the whole stream, wherever the stream is cut.
func TestCountOfPieces(t *testing.T) {
	t.Parallel()
	parts := []string{"data", ":", " ", "x", "\n", "\r", "\r\n", "\n\n", "\r\r", "id", "d", "data: 1\n\n", "\xEF", "\xBB", "\xEF\xBB\xBF"}
	rapid.Check(t, func(t *rapid.T) {
		stream := strings.Join(rapid.SliceOf(rapid.SampledFrom(parts)).Draw(t, "parts"), "")
		cuts := rapid.SliceOf(rapid.IntRange(0, len(stream))).Draw(t, "cuts")
		expectPieces(t, stream, cuts)
	})
}

// failer is the part of a test that expectPieces needs.
type failer interface{ Fatalf(string, ...any) }

// expectPieces fails unless the stream has the same count whole, in single bytes, and cut
// in two at each of the offsets.
func expectPieces(t failer, stream string, cuts []int) {
	want := whole(stream)
	if got := count(stream); got != want {
		t.Fatalf("%d events in %q, want %d", got, stream, want)
	}
	if got := count(bytesOf(stream)...); got != want {
		t.Fatalf("%d events in the bytes of %q, want %d", got, stream, want)
	}
	for _, at := range cuts {
		if got := count(stream[:at], stream[at:]); got != want {
			t.Fatalf("%d events in %q cut at %d, want %d", got, stream, at, want)
		}
	}
}

// bytesOf returns the stream in pieces of one byte.
func bytesOf(stream string) (pieces []string) {
	for i := range len(stream) {
		pieces = append(pieces, stream[i:i+1])
	}
	return pieces
}

func FuzzCount(f *testing.F) {
	f.Add("data: 1\n\ndata: 2\r\n\r\n: comment\rdata\r\r", 9)
	f.Add("\xEF\xBB\xBFdata:1\n\n", 2)
	f.Fuzz(func(t *testing.T, stream string, cut int) {
		expectPieces(t, stream, []int{min(max(cut, 0), len(stream))})
	})
}

// Counting allocates nothing.
func TestNoAllocation(t *testing.T) {
	stream := []byte(strings.Repeat("data: 1\n\n", 100))
	var c eventstream.Counter
	if n := testing.AllocsPerRun(100, func() { c.Feed(stream) }); n != 0 {
		t.Errorf("%v allocations for 100 events", n)
	}
}

func ExampleCounter() {
	var c eventstream.Counter
	c.Feed([]byte("data: 1\n\nda"))
	c.Feed([]byte("ta: 2\n\n"))
	fmt.Println(c.Count())
	// Output: 2
}
