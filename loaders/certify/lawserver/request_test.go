package lawserver

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// feed gives the stream to a requestReader in pieces that end at the cuts, and
// returns the number of requests.
func feed(t interface{ Fatal(...any) }, stream string, cuts []int) int {
	var r requestReader
	requests, from := 0, 0
	for _, to := range append(cuts, len(stream)) {
		if to < from {
			continue
		}
		for data := []byte(stream[from:to]); len(data) > 0; {
			rest, ended, err := r.next(data)
			if err != nil {
				t.Fatal(err)
			}
			if ended == whole {
				requests++
			}
			data = rest
		}
		from = to
	}
	if r.body != 0 || len(r.carry) != 0 {
		t.Fatal("a whole stream has a rest")
	}
	return requests
}

const (
	get    = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	upload = "POST / HTTP/1.1\r\nHost: x\r\ncontent-LENGTH:  12\r\n\r\n\r\n\r\n\r\n\r\n1234"
	empty  = "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
)

// The same requests are found in a stream that is cut anywhere.
func TestRequestsCutAnywhere(t *testing.T) {
	t.Parallel()
	for cut := range upload + get {
		if got := feed(t, upload+get, []int{cut}); got != 2 {
			t.Fatalf("cut at %d: %d requests of 2", cut, got)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{get, upload, empty}), 1, 8).Draw(rt, "requests")
		stream := strings.Join(parts, "")
		cuts := rapid.SliceOf(rapid.IntRange(0, len(stream))).Draw(rt, "cuts")
		if got := feed(rt, stream, cuts); got != len(parts) {
			rt.Fatalf("%d requests of %d", got, len(parts))
		}
	})
}

func TestRequestsRefused(t *testing.T) {
	t.Parallel()
	for _, head := range []string{
		"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
		"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
		"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
		strings.Repeat("x", maxHead+1),
	} {
		var r requestReader
		if _, _, err := r.next([]byte(head)); err == nil {
			t.Errorf("%.60q was accepted", head)
		}
	}
}

func FuzzRequests(f *testing.F) {
	for _, s := range []string{get, upload, empty, get + upload, "\r\n\r\n", "a\r\ncontent-length:9\r\n\r\n"} {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, stream []byte, cut int) {
		count := func(pieces ...[]byte) (requests int, failed bool) {
			var r requestReader
			for _, data := range pieces {
				for len(data) > 0 {
					rest, ended, err := r.next(data)
					if err != nil {
						return requests, true
					}
					if ended == whole {
						requests++
					}
					if len(rest) >= len(data) && ended != more {
						t.Fatal("a part ended and nothing was taken")
					}
					data = rest
				}
			}
			return requests, false
		}
		if len(stream) > maxHead {
			return
		}
		cut = max(0, min(cut, len(stream)))
		one, failedOne := count(stream)
		two, failedTwo := count(stream[:cut:cut], stream[cut:])
		if one != two || failedOne != failedTwo {
			t.Errorf("cut at %d: %d requests (failed: %v), whole %d (%v)", cut, two, failedTwo, one, failedOne)
		}
	})
}
