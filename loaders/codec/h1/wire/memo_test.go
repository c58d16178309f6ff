package wire_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/loaders/codec/h1/wire"
)

// learn parses the first final response of the stream and lets the memo learn
// it at its Head event.
func learn(t testing.TB, m *wire.Memo, noBody bool, stream string) {
	t.Helper()
	var p wire.Parser
	p.Expect(noBody, false)
	data := []byte(stream)
	for {
		n, ev, err := p.Next(data)
		if err != nil || ev == wire.NeedMore {
			t.Fatalf("%q: %v, %v", stream, ev, err)
		}
		if ev == wire.Head {
			m.Learn(data[:n], &p)
			return
		}
		data = data[n:]
	}
}

func TestMemoRecognises(t *testing.T) {
	t.Parallel()
	const hello = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
	for _, c := range []struct {
		name, learnt string
		noBody       bool
		data         string
		head, total  int // 0 for no match
	}{
		{"same", hello + "ok", false, hello + "ok", 38, 40},
		{"another body", hello + "ok", false, hello + "no", 38, 40},
		{"bytes behind", hello + "ok", false, hello + "ok" + hello, 38, 40},
		{"body incomplete", hello + "ok", false, hello + "o", 0, 0},
		{"head incomplete", hello + "ok", false, hello[:37], 0, 0},
		{"nothing", hello + "ok", false, "", 0, 0},
		{"another status", hello + "ok", false, "HTTP/1.1 500 OK\r\nContent-Length: 2\r\n\r\nok", 0, 0},
		{"another length", hello + "ok", false, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\noks", 0, 0},
		{"shorter head", hello + "ok", false, "HTTP/1.1 204 \r\n\r\n" + hello + "ok", 0, 0},
		{"no body", "HTTP/1.1 204 N\r\n\r\n", false, "HTTP/1.1 204 N\r\n\r\n", 18, 18},
		{"HEAD", hello, true, hello + hello, 38, 38},
		{"behind an interim", "HTTP/1.1 100 C\r\n\r\n" + hello + "ok", false, hello + "ok", 38, 40},
		{"1.0 keep-alive", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", false,
			"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", 62, 62},
	} {
		var m wire.Memo
		learn(t, &m, c.noBody, c.learnt)
		head, total, ok := m.Match([]byte(c.data))
		if head != c.head || total != c.total || ok != (c.total > 0) {
			t.Errorf("%s: %d, %d, %v, want %d, %d", c.name, head, total, ok, c.head, c.total)
		}
		if ok && fmt.Sprint(m.Status()) != c.data[9:12] {
			t.Errorf("%s: status %d, want %s", c.name, m.Status(), c.data[9:12])
		}
	}
}

// A response that its head does not describe is never learnt, and makes the memo forget
// the last one.
func TestMemoForgets(t *testing.T) {
	t.Parallel()
	const hello = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	for name, stream := range map[string]string{
		"close":       "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
		"1.0":         "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
		"chunked":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"until close": "HTTP/1.1 200 OK\r\n\r\nok",
		"101":         "HTTP/1.1 101 Switching\r\n\r\n",
		"huge":        "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n",
		"large head":  fmt.Sprintf("HTTP/1.1 204 N\r\nX: %0*d\r\n\r\n", 8<<10, 1),
	} {
		var m wire.Memo
		if _, _, ok := m.Match([]byte(stream)); ok {
			t.Errorf("%s: an empty memo recognised it", name)
		}
		learn(t, &m, false, hello)
		learn(t, &m, false, stream)
		for _, data := range []string{stream, hello} {
			if _, _, ok := m.Match([]byte(data)); ok {
				t.Errorf("%s: %.60q was recognised", name, data)
			}
		}
	}
}

// A memo agrees with the parser about every response that it recognises: it is
// a short cut and never another opinion.
func TestMemoAgreesWithTheParser(t *testing.T) {
	t.Parallel()
	response := rapid.Custom(func(t *rapid.T) string {
		status := rapid.SampledFrom([]int{200, 201, 204, 304, 404, 500}).Draw(t, "status")
		length := rapid.IntRange(0, 3).Draw(t, "length")
		extra := rapid.SampledFrom([]string{"", "X: a\r\n", "X: b\r\n", "Connection: close\r\n"}).Draw(t, "extra")
		head := fmt.Sprintf("HTTP/1.1 %d R\r\n%sContent-Length: %d\r\n\r\n", status, extra, length)
		return head + "abc"[:rapid.IntRange(0, 3).Draw(t, "sent")]
	})
	rapid.Check(t, func(rt *rapid.T) {
		noBody := rapid.Bool().Draw(rt, "HEAD")
		var m wire.Memo
		learn(t, &m, noBody, response.Draw(rt, "learnt"))
		data := []byte(response.Draw(rt, "data") + rapid.SampledFrom([]string{"", "abc"}).Draw(rt, "more"))
		head, total, ok := m.Match(data)
		if !ok {
			return
		}
		var p wire.Parser
		p.Expect(noBody, false)
		n, ev, err := p.Next(data)
		at := n
		for ev != wire.End {
			if err != nil || ev == wire.NeedMore {
				rt.Fatalf("%q was recognised; the parser says %v, %v", data, ev, err)
			}
			n, ev, err = p.Next(data[at:])
			at += n
		}
		if head != p.HeadBytes || total != at || !p.KeepAlive {
			rt.Fatalf("%q: memo %d, %d; parser %d, %d, keep-alive %v", data, head, total, p.HeadBytes, at, p.KeepAlive)
		}
	})
}
