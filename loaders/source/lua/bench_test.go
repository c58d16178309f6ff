package lua

import (
	"io"
	"testing"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/loaders/source/lua/lualib"
	"github.com/joust-bench/joust/scenarios"
)

// bytesOf keeps the bytes of quoted requests, as a thread of the engine does.
type bytesOf struct{ heads [][]byte }

func (p *bytesOf) quote(number int32, v *codec.Verbatim) (int32, error) {
	if number < 0 {
		number = int32(len(p.heads))
		p.heads = append(p.heads, nil)
	}
	p.heads[number] = append(p.heads[number][:0], v.Text...)
	return number, nil
}

// sourceOf returns the source of a script for one connection.
func sourceOf(t testing.TB, text string) source.Source {
	t.Helper()
	spec := loaders.Spec{
		Target:      loaders.Target{Network: "tcp", Address: "127.0.0.1:80"},
		Requests:    []scenarios.Request{{Name: "GET /", Method: "GET", Path: "/"}},
		Script:      &loaders.Script{File: "test.lua", Text: []byte(text), URL: "http://127.0.0.1/"},
		Connections: 1, Threads: 1, Phases: []loaders.Phase{{}},
	}
	p, err := Load(t.Context(), spec, lualib.Streams{Out: io.Discard, Err: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	spec = p.Spec()
	s, err := p.Source(&spec, source.Thread{Users: 1, Quote: new(bytesOf).quote})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What a request costs in the script and around it, without sending it. Fixed texts, of a
// script without request and of one that returns the same text again, cost nearly nothing.
func BenchmarkNext(b *testing.B) {
	for name, text := range map[string]string{
		"fixed":      ``,
		"same text":  `local r function init() r = wrk.format() end function request() return r end`,
		"counter":    `local n = 0 function request() n = n + 1 wrk.headers["X-Counter"] = n return wrk.format(nil, "/" .. n) end`,
		"table":      `local t, n = {}, 0 function init() for i = 1, 100 do t[i] = wrk.format(nil, "/" .. i) end end function request() n = n % 100 + 1 return t[n] end`,
		"post":       `local n = 0 function request() n = n + 1 return wrk.format("POST", "/", nil, '{"id": ' .. n .. '}') end`,
		"random 256": `function request() local t = {} for i = 1, 256 do t[i] = string.char(math.random(97, 122)) end return wrk.format("POST", "/", nil, table.concat(t)) end`,
	} {
		b.Run(name, func(b *testing.B) {
			s := sourceOf(b, text)
			b.ReportAllocs()
			for range b.N {
				if _, ok := s.Next(0, 0); !ok {
					b.Fatal("the script has ended")
				}
			}
		})
	}
}

// What an answer costs that response sees.
func BenchmarkDone(b *testing.B) {
	s := sourceOf(b, `local n = 0 function response(status, headers, body) if status ~= 200 then n = n + 1 end end`)
	v := &source.View{Status: 200, Head: []byte("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n"), Body: []byte("hello")}
	b.ReportAllocs()
	for range b.N {
		s.Done(0, v)
	}
}

// Fixed texts allocate nothing.
func TestFixedTextsDoNotAllocate(t *testing.T) {
	s := sourceOf(t, ``)
	if n := testing.AllocsPerRun(1000, func() { s.Next(0, 0) }); n != 0 {
		t.Errorf("%v allocations a request", n)
	}
}
