package wire_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/codec/h1/wire"
	"github.com/joust-bench/joust/scenarios"
)

func TestCompileWrites(t *testing.T) {
	t.Parallel()
	h := func(name, value string) scenarios.Header { return scenarios.Header{Name: name, Value: value} }
	for _, c := range []struct {
		name string
		req  scenarios.Request
		want string
	}{
		{"get", scenarios.Request{Method: "GET", Path: "/"}, "GET / HTTP/1.1\r\nHost: a:1\r\n\r\n"},
		{"fields in order", scenarios.Request{Method: "GET", Path: "/j?x=%20", Headers: []scenarios.Header{h("B", "2"), h("A", "1"), h("E", "")}},
			"GET /j?x=%20 HTTP/1.1\r\nHost: a:1\r\nB: 2\r\nA: 1\r\nE: \r\n\r\n"},
		{"listed host", scenarios.Request{Method: "GET", Path: "/", Headers: []scenarios.Header{h("B", "2"), h("host", "b")}},
			"GET / HTTP/1.1\r\nHost: b\r\nB: 2\r\n\r\n"},
		{"length", scenarios.Request{Method: "POST", Path: "/e", Headers: []scenarios.Header{h("A", "1")}, Body: &scenarios.Body{Text: "abc"}},
			"POST /e HTTP/1.1\r\nHost: a:1\r\nA: 1\r\nContent-Length: 3\r\n\r\nabc"},
		{"repeated text", scenarios.Request{Method: "POST", Path: "/e", Body: &scenarios.Body{Text: "abc", Length: 7}},
			"POST /e HTTP/1.1\r\nHost: a:1\r\nContent-Length: 7\r\n\r\nabcabca"},
		{"chunks", scenarios.Request{Method: "POST", Path: "/e", Body: &scenarios.Body{Text: "0123456789ab", Length: 17, Chunk: 12}},
			"POST /e HTTP/1.1\r\nHost: a:1\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n0123456789ab\r\n5\r\n01234\r\n0\r\n\r\n"},
		{"no chunk", scenarios.Request{Method: "POST", Path: "/e", Body: &scenarios.Body{Chunk: 4}},
			"POST /e HTTP/1.1\r\nHost: a:1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"post without body", scenarios.Request{Method: "POST", Path: "/e"}, "POST /e HTTP/1.1\r\nHost: a:1\r\nContent-Length: 0\r\n\r\n"},
		{"delete without body", scenarios.Request{Method: "DELETE", Path: "/e"}, "DELETE /e HTTP/1.1\r\nHost: a:1\r\n\r\n"},
		{"asterisk", scenarios.Request{Method: "OPTIONS", Path: "*"}, "OPTIONS * HTTP/1.1\r\nHost: a:1\r\n\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := wire.Compile(&c.req, "a:1")
			if err != nil {
				t.Fatal(err)
			}
			if string(got.Head) != c.want || got.Body != nil {
				t.Errorf("head %q, body %q\nwant %q", got.Head, got.Body, c.want)
			}
			if got.BodyBytes != c.req.Body.Size() || got.Size() != int64(len(c.want)) {
				t.Errorf("body of %d bytes, size %d", got.BodyBytes, got.Size())
			}
		})
	}
}

// The server side of net/http reads the compiled request as it was asked for.
func TestCompileIsUnderstood(t *testing.T) {
	t.Parallel()
	for _, body := range []*scenarios.Body{
		nil,
		{Text: "x", Length: wire.MaxInlineBody},
		{Text: "x", Length: wire.MaxInlineBody + 1},
		{Text: "pattern ", Length: 1 << 20},
		{Text: "pattern ", Length: 1 << 20, Chunk: 4096},
		{Text: "pattern ", Length: 1000, Chunk: 999},
	} {
		req := scenarios.Request{Method: "PUT", Path: "/p?q=1", Headers: []scenarios.Header{{Name: "A", Value: "1"}}, Body: body}
		made, err := wire.Compile(&req, "example.org")
		if err != nil {
			t.Fatal(err)
		}
		if large := body.Size() > wire.MaxInlineBody; large != (made.Body != nil) {
			t.Errorf("%+v: a Body of its own: %v", body, made.Body != nil)
		}
		all := io.MultiReader(bytes.NewReader(made.Head), bytes.NewReader(made.Body))
		got, err := http.ReadRequest(bufio.NewReader(all))
		if err != nil {
			t.Fatalf("%+v: %v", body, err)
		}
		text, err := io.ReadAll(got.Body)
		if err != nil || !bytes.Equal(text, body2bytes(body)) {
			t.Errorf("%+v: %d bytes arrived, %v", body, len(text), err)
		}
		if got.Method != "PUT" || got.RequestURI != "/p?q=1" || got.Host != "example.org" || got.Header.Get("A") != "1" {
			t.Errorf("%+v: arrived as %s %s %s %v", body, got.Method, got.RequestURI, got.Host, got.Header)
		}
	}
}

func body2bytes(b *scenarios.Body) []byte {
	if b == nil {
		return nil
	}
	return b.Bytes()
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	with := func(change func(*scenarios.Request)) scenarios.Request {
		r := scenarios.Request{Name: "r", Method: "GET", Path: "/"}
		change(&r)
		return r
	}
	header := func(name, value string) scenarios.Request {
		return with(func(r *scenarios.Request) { r.Headers = []scenarios.Header{{Name: name, Value: value}} })
	}
	path := func(p string) scenarios.Request { return with(func(r *scenarios.Request) { r.Path = p }) }
	for _, c := range []struct {
		req        scenarios.Request
		host, want string
	}{
		{with(func(r *scenarios.Request) { r.Method = "GE T" }), "h", `method "GE T" is not a token`},
		{with(func(r *scenarios.Request) { r.Method = "" }), "h", "method"},
		{with(func(r *scenarios.Request) { r.Method = "CONNECT" }), "h", "tunnel"},
		{path(""), "h", "does not begin with /"},
		{path("x"), "h", "does not begin with /"},
		{path("*"), "h", "does not begin with /"},
		{path("/a b"), "h", "write it as %20"},
		{path("/a\r\nX: y"), "h", "write it as %0D"},
		{path("/é"), "h", `holds "é" at 1; write it as %C3%A9`},
		{path("/\xe9"), "h", `holds "\xe9" at 1; write it as %E9`},
		{path("/#top"), "h", "write it as %23"},
		{header("A b", "x"), "h", `header name "A b"`},
		{header("", "x"), "h", "header name"},
		{header("A", "x\r\nB: y"), "h", "control character"},
		{header("A", "x\x00"), "h", "control character"},
		{header("content-Length", "5"), "h", "follows from the body"},
		{header("Transfer-Encoding", "chunked"), "h", "follows from the body"},
		{with(func(r *scenarios.Request) {
			r.Headers = []scenarios.Header{{Name: "Host", Value: "a"}, {Name: "HOST", Value: "b"}}
		}), "h", "given twice"},
		{path("/"), "a b", `host "a b"`},
		{path("/"), "a\r\nX: y", "host"},
		{with(func(r *scenarios.Request) { r.Body = &scenarios.Body{Length: 5} }), "h", "no text"},
		{with(func(r *scenarios.Request) { r.Body = &scenarios.Body{Text: "a", Length: -5} }), "h", "negative"},
		{with(func(r *scenarios.Request) { r.Expect.Body = &scenarios.Body{Length: 5} }), "h", "expected body"},
	} {
		_, err := wire.Compile(&c.req, c.host)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `compile request "r"`) {
			t.Errorf("%+v: %v, want %q", c.req, err, c.want)
		}
	}
}

func TestBodiesAreShared(t *testing.T) {
	t.Parallel()
	echo := scenarios.Request{Method: "POST", Path: "/echo", Body: &scenarios.Body{Text: "xy", Length: 1 << 20}, Expect: scenarios.Expect{Echo: true}}
	other := scenarios.Request{Method: "PUT", Path: "/other", Body: &scenarios.Body{Text: "xy", Length: 1 << 20}}
	longer := scenarios.Request{Method: "PUT", Path: "/other", Body: &scenarios.Body{Text: "xy", Length: 1<<20 + 1}}
	cache := wire.NewBodies()
	var made []codec.Request
	for _, r := range []*scenarios.Request{&echo, &other, &longer} {
		m, err := cache.Compile(r, "h")
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, m)
	}
	answer := cache.Expect(&echo)
	if &made[0].Body[0] != &made[1].Body[0] || &made[0].Body[0] != &answer.Body[0] {
		t.Error("equal bodies have buffers of their own")
	}
	if len(made[2].Body) != 1<<20+1 {
		t.Errorf("another length shares the buffer: %d bytes", len(made[2].Body))
	}
}

func TestExpect(t *testing.T) {
	t.Parallel()
	text := &scenarios.Body{Text: "ok"}
	for _, c := range []struct {
		name  string
		req   scenarios.Request
		body  string
		exact bool
	}{
		{"body", scenarios.Request{Expect: scenarios.Expect{Status: 201, Body: text}}, "ok", true},
		{"echo", scenarios.Request{Body: text, Expect: scenarios.Expect{Status: 201, Echo: true}}, "ok", true},
		{"chunked echo", scenarios.Request{Body: &scenarios.Body{Text: "ok", Chunk: 1}, Expect: scenarios.Expect{Status: 201, Echo: true}}, "ok", true},
		{"echo of nothing", scenarios.Request{Expect: scenarios.Expect{Status: 201, Echo: true}}, "", true},
		{"no body", scenarios.Request{Method: "HEAD", Expect: scenarios.Expect{Status: 201, NoBody: true}}, "", true},
		{"any body", scenarios.Request{Expect: scenarios.Expect{Status: 201}}, "", false},
	} {
		got := wire.NewBodies().Expect(&c.req)
		if got.Status != 201 || string(got.Body) != c.body || got.Exact != c.exact {
			t.Errorf("%s: %d %q exact=%v", c.name, got.Status, got.Body, got.Exact)
		}
	}
	if head := wire.NewBodies().Expect(&scenarios.Request{Method: "HEAD", Path: "/"}); !head.NoBody {
		t.Error("an answer to HEAD is expected to have a body")
	}
}

func TestStatusOK(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want   int
		right  []int
		wrong  []int
		wanted string
	}{
		{0, []int{200, 204, 299, 301, 304, 399}, []int{0, 100, 101, 199, 400, 404, 500, 999}, "200 to 399"},
		{200, []int{200}, []int{201, 204, 304, 500}, "200"},
		{503, []int{503}, []int{200, 500, 504}, "503"},
		{101, []int{101}, []int{200, 100}, "101"},
		{scenarios.AnyStatus, []int{200, 304, 404, 599}, []int{0, 100, 199}, "any final one"},
	} {
		a := wire.Expectation{Status: c.want}
		for _, code := range c.right {
			if !a.StatusOK(code) {
				t.Errorf("%d is refused where %s counts", code, a.WantedStatus())
			}
		}
		for _, code := range c.wrong {
			if a.StatusOK(code) {
				t.Errorf("%d counts where only %s should", code, a.WantedStatus())
			}
		}
		if got := a.WantedStatus(); got != c.wanted {
			t.Errorf("wanted %q, not %q", c.wanted, got)
		}
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	r := scenarios.Request{Method: "POST", Path: "/a", Version: "1.0", Body: &scenarios.Body{Text: "abc"}}
	got, err := wire.Compile(&r, "h")
	if want := "POST /a HTTP/1.0\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"; err != nil || string(got.Head) != want {
		t.Errorf("got %q, %v, want %q", got.Head, err, want)
	}
	r.Body.Chunk = 1
	if _, err := wire.Compile(&r, "h"); err == nil || !strings.Contains(err.Error(), "HTTP/1.0 has no chunked bodies") {
		t.Errorf("chunks: %v", err)
	}
	r.Version = "2"
	if _, err := wire.Compile(&r, "h"); err == nil || !strings.Contains(err.Error(), `version "2" is not known`) {
		t.Errorf("unknown version: %v", err)
	}
}

// HeadBytes is where the head ends, in whatever form and with whatever body.
func TestHeadBytes(t *testing.T) {
	t.Parallel()
	for _, length := range []int64{0, 1, wire.MaxInlineBody, wire.MaxInlineBody + 1} {
		r := scenarios.Request{Method: "PUT", Path: "/", Body: &scenarios.Body{Text: "x", Length: length}}
		plain, err := wire.Compile(&r, "h")
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range []codec.Request{plain, wire.Absolute(plain, "h:80")} {
			if head := string(got.Head[:got.HeadBytes]); !strings.HasSuffix(head, "\r\n\r\n") || strings.Count(head, "\r\n\r\n") != 1 {
				t.Errorf("length %d: the head is %q", length, head)
			}
			if rest := got.Size() - int64(got.HeadBytes); rest != r.Body.Size() {
				t.Errorf("length %d: %d bytes behind the head", length, rest)
			}
		}
	}
}

func TestAbsoluteForm(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/a?b": "OPTIONS http://h:80/a?b HTTP/1.1\r\nHost: h:80\r\n\r\n",
		"*":    "OPTIONS http://h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n",
	} {
		r, err := wire.Compile(&scenarios.Request{Method: "OPTIONS", Path: path}, "h:80")
		if got := string(wire.Absolute(r, "h:80").Head); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", path, got, err, want)
		}
	}
}

// A request says by its fields and its version that its connection ends (RFC 9112
// §9.3 and §9.6).
func TestRequestsThatEndTheirConnection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version string
		fields  []string
		ends    bool
	}{
		{"", nil, false},
		{"", []string{"keep-alive"}, false},
		{"", []string{"close"}, true},
		{"", []string{"TE,\tCLOSE ,x"}, true},
		{"", []string{"closed", "x-close"}, false},
		{"", []string{"keep-alive", "close"}, true},
		{"1.0", nil, true},
		{"1.0", []string{"TE, Keep-Alive"}, false},
		{"1.0", []string{"keep-alive", "close"}, true},
	} {
		r := scenarios.Request{Method: "GET", Path: "/", Version: c.version}
		for _, value := range c.fields {
			r.Headers = append(r.Headers, scenarios.Header{Name: "connection", Value: value})
		}
		got, err := wire.Compile(&r, "h")
		if err != nil {
			t.Fatal(err)
		}
		if got.Ends != c.ends {
			t.Errorf("version %q, Connection %q: ends %v, want %v", c.version, c.fields, got.Ends, c.ends)
		}
	}
}
