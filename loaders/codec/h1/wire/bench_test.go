package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/joust-bench/joust/loaders/codec/h1/wire"
)

// The heads that real servers send.
const (
	nginxHead = "HTTP/1.1 200 OK\r\nServer: nginx/1.24.0\r\nDate: Mon, 05 Oct 2026 10:00:00 GMT\r\n" +
		"Content-Type: text/plain\r\nContent-Length: %d\r\nConnection: keep-alive\r\n\r\n"
	nodeHead = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: Mon, 05 Oct 2026 10:00:00 GMT\r\n" +
		"Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nTransfer-Encoding: chunked\r\n\r\n"
)

// cases are the responses of benchmarks and of the test for allocations.
func cases() map[string][]byte {
	return map[string][]byte{
		"hello":   fmt.Appendf(nil, nginxHead+"alive\r\n", 7),
		"64KiB":   fmt.Appendf(nil, nginxHead+"%s", 64<<10, strings.Repeat("x", 64<<10)),
		"chunked": fmt.Append(nil, nodeHead+"7\r\nalive\r\n\r\n0\r\n\r\n"),
		"64chunks": fmt.Append(nil, nodeHead+strings.Repeat("400\r\n"+strings.Repeat("x", 1024)+"\r\n", 64)+
			"0\r\nX-Sum: 1\r\n\r\n"),
		"interim": fmt.Appendf(nil, "HTTP/1.1 100 Continue\r\n\r\n"+nginxHead+"alive\r\n", 7),
	}
}

// parse reads and checks one response, as an engine does. It returns the number of its
// parts.
func parse(p *wire.Parser, a *wire.Expectation, data []byte) (parts int, ok bool) {
	var check wire.Check
	p.Expect(false, false)
	ok = true
	for {
		n, ev, err := p.Next(data)
		if err != nil || ev == wire.NeedMore {
			return parts, false
		}
		parts++
		switch ev {
		case wire.Body:
			ok = check.Body(a, p.Span(data)) && ok
		case wire.End:
			return parts, ok && check.Done(a)
		}
		data = data[n:]
	}
}

func bodyOf(t testing.TB, data []byte) *wire.Expectation {
	t.Helper()
	got, err := readOurs(data, false)
	if err != nil {
		t.Fatal(err)
	}
	return &wire.Expectation{Status: got.Status, Body: []byte(got.Body), Exact: true}
}

func TestHotPathAllocatesNothing(t *testing.T) {
	for name, data := range cases() {
		var p wire.Parser
		a := bodyOf(t, data)
		if n := testing.AllocsPerRun(200, func() {
			if _, ok := parse(&p, a, data); !ok {
				t.Errorf("%s: not read as a right answer", name)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations a response", name, n)
		}
	}
	hello := cases()["hello"]
	var p wire.Parser
	var m wire.Memo
	n, _, err := p.Next(hello)
	if err != nil {
		t.Fatal(err)
	}
	m.Learn(hello[:n], &p)
	if n := testing.AllocsPerRun(200, func() {
		m.Learn(hello[:n], &p)
		if _, _, ok := m.Match(hello); !ok {
			t.Error("the learnt response is not recognised")
		}
	}); n != 0 {
		t.Errorf("memo: %v allocations a response", n)
	}
}

func BenchmarkNext(b *testing.B) {
	for name, data := range cases() {
		b.Run(name, func(b *testing.B) {
			var p wire.Parser
			a := bodyOf(b, data)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := parse(&p, a, data); !ok {
					b.Fatal("not read as a right answer")
				}
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	hello := cases()["hello"]
	var m wire.Memo
	learn(b, &m, false, string(hello))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := m.Match(hello); !ok {
			b.Fatal("not recognised")
		}
	}
}
