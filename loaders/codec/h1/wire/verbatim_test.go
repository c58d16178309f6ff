package wire_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/codec/h1/wire"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	const (
		get     = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
		post    = "POST /p HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc"
		head    = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n"
		old     = "GET / HTTP/1.0\r\n\r\n"
		oldKept = "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"
		closing = "GET / HTTP/1.1\r\nConnection: x, close\r\n\r\n"
		chunked = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n"
		bare    = "GET / HTTP/1.1\nHost: h\n\n"
	)
	for text, want := range map[string][]codec.Verbatim{
		get:               {{Text: get, HeadBytes: len(get)}},
		get + post + head: {{Text: get, HeadBytes: len(get)}, {Text: post, HeadBytes: len(post) - 3, BodyBytes: 3}, {Text: head, HeadBytes: len(head), NoBody: true}},
		old + oldKept:     {{Text: old, HeadBytes: len(old), HTTP10: true, Ends: true}, {Text: oldKept, HeadBytes: len(oldKept), HTTP10: true}},
		closing:           {{Text: closing, HeadBytes: len(closing), Ends: true}},
		chunked + get:     {{Text: chunked, HeadBytes: strings.Index(chunked, "3;x"), BodyBytes: 5}, {Text: get, HeadBytes: len(get)}},
		bare:              {{Text: bare, HeadBytes: len(bare)}},
		"\r\n" + get:      {{Text: "\r\n" + get, HeadBytes: 2 + len(get)}},
		get + "\r\n":      {{Text: get + "\r\n", HeadBytes: len(get)}},
	} {
		got, err := wire.Split(text, nil)
		if err != nil || len(got) != len(want) {
			t.Errorf("%q: %+v, %v", text, got, err)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("request %d of %q is %+v, want %+v", i, text, got[i], want[i])
			}
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                              "incomplete request at 1:1",
		"GET / HTTP/1.1\r\nHost: h\r\n": "incomplete request at 3:1",
		"G(T / HTTP/1.1\r\n\r\n":        "invalid HTTP method at 1:1",
		"GET /\r\n\r\n":                 "invalid HTTP version at 1:1",
		"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab":                   "incomplete request at 4:3",
		"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n":                     "invalid character in content-length header at 2:1",
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n":       "invalid character in chunk size header at 4:1",
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n": "a chunk longer than its size at 5:2",
	} {
		if _, err := wire.Split(text, nil); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// Requests that are put together are found again, wherever they end.
func TestSplitFindsWhatWasJoined(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var all strings.Builder
		var bodies []string
		for range rapid.IntRange(1, 6).Draw(rt, "requests") {
			body := rapid.StringMatching(`[a-z\r\n]{0,20}`).Draw(rt, "body")
			all.WriteString("POST / HTTP/1.1\r\nContent-Length: " + strings.Repeat("0", rapid.IntRange(0, 2).Draw(rt, "zeros")) + decimal(len(body)) + "\r\n\r\n" + body)
			bodies = append(bodies, body)
		}
		got, err := wire.Split(all.String(), nil)
		if err != nil || len(got) != len(bodies) {
			rt.Fatalf("%d requests of %d, %v", len(got), len(bodies), err)
		}
		for i, v := range got {
			if v.Text[v.HeadBytes:] != bodies[i] || v.BodyBytes != int64(len(bodies[i])) {
				rt.Fatalf("request %d is %+v, its body %q", i, v, bodies[i])
			}
		}
	})
}

func decimal(n int) string {
	const digits = "0123456789"
	if n < 10 {
		return digits[n : n+1]
	}
	return decimal(n/10) + decimal(n%10)
}

// No text leads out of itself, and what is found is the text.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{"GET / HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab", "\n\n", "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := wire.Split(text, nil)
		if err != nil {
			return
		}
		all := ""
		for _, v := range list {
			if v.HeadBytes > len(v.Text) || v.BodyBytes < 0 {
				t.Fatalf("%+v", v)
			}
			all += v.Text
		}
		if all != text {
			t.Fatalf("%q is taken apart as %q", text, all)
		}
	})
}

// A request as scripts make them is read in well below a microsecond.
func BenchmarkSplit(b *testing.B) {
	const text = "GET /path/to/something?q=1 HTTP/1.1\r\nHost: localhost:8080\r\nX-Counter: 12345\r\nAuthorization: Bearer abcdefghijklmnop\r\n\r\n"
	var list []codec.Verbatim
	b.ReportAllocs()
	for range b.N {
		list, _ = wire.Split(text, list[:0])
	}
}
