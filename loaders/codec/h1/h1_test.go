package h1_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/codec/h1"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

const hello = "alive\r\n"

// asking is the codec of one connection that asks for hello.
func asking(t testing.TB, needs codec.Needs) codec.Conn {
	t.Helper()
	p, err := h1.New(&loaders.Spec{Target: loaders.Target{Host: "h"}, Requests: []scenarios.Request{{
		Name: "hello", Method: "GET", Path: "/",
		Expect: scenarios.Expect{Status: 200, Body: &scenarios.Body{Text: hello}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	c := p.Shard().Conn(needs)
	c.Open()
	return c
}

// outcome counts the events of one stream of bytes.
type outcome struct {
	ends, interims, heads, body int
	// head and pieces are the bytes of the last head and of all bodies.
	head, pieces string
	cause        results.Cause
	keep         bool
}

// read shows the codec the bytes in pieces of the size, as an engine does.
func read(t testing.TB, c codec.Conn, text string, size int) (o outcome) {
	t.Helper()
	var carry []byte
	for at := 0; at < len(text); at += size {
		carry = append(carry, text[at:min(at+size, len(text))]...)
		for more := true; more; {
			var a codec.Answer
			n, err := c.Next(0, carry, &a)
			if err != nil {
				t.Fatal(err)
			}
			taken := carry[:n]
			carry = carry[n:]
			o.body += a.Body
			switch a.Event {
			case codec.NeedMore:
				more = false
			case codec.Interim:
				o.interims++
			case codec.Head:
				o.heads++
				o.head = string(taken)
			case codec.Body:
				o.pieces += string(taken[n-a.Body:])
			case codec.End:
				o.ends++
				o.cause, o.keep = a.Cause, a.Keep
				more = len(carry) > 0
			}
		}
	}
	if len(carry) != 0 {
		t.Errorf("%q is left", carry)
	}
	return o
}

// An answer has the same outcome wherever its bytes are cut: when its head is
// new, when it is remembered, and whatever events the engine needs.
func TestAnswersWhereverTheyAreCut(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n" + hello
	for _, c := range []struct {
		name, text string
		interims   int
		cause      results.Cause
	}{
		{"right", ok, 0, ""},
		{"interim", "HTTP/1.1 103 Early Hints\r\n\r\n" + ok, 1, ""},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n" + hello + "\r\n0\r\n\r\n", 0, ""},
		{"status", "HTTP/1.1 500 Oops\r\nContent-Length: 7\r\n\r\n" + hello, 0, results.CauseStatus},
		{"body", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\naliVe\r\n", 0, results.CauseBody},
		{"short", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nali", 0, results.CauseLength},
		{"long", "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n" + hello + "!", 0, results.CauseLength},
	} {
		for _, needs := range []codec.Needs{{}, {Heads: true}, {Bodies: true}, {Heads: true, Bodies: true}} {
			t.Run(fmt.Sprintf("%s, %+v", c.name, needs), func(t *testing.T) {
				t.Parallel()
				conn, whole := asking(t, needs), read(t, asking(t, codec.Needs{Heads: true, Bodies: true}), c.text, len(c.text))
				for size := 1; size <= 2*len(c.text); size++ {
					o := read(t, conn, c.text+c.text, size)
					if o.ends != 2 || o.cause != c.cause || !o.keep {
						t.Fatalf("pieces of %d bytes: %+v, want 2 answers with cause %q", size, o, c.cause)
					}
					if needs.Heads && (o.heads != 2 || o.interims != 2*c.interims || o.head != whole.head) || !needs.Heads && o.heads+o.interims != 0 {
						t.Fatalf("pieces of %d bytes: %+v", size, o)
					}
					if needs.Bodies && o.pieces != whole.pieces+whole.pieces || o.body != 2*whole.body {
						t.Fatalf("pieces of %d bytes: %d bytes of bodies, %q", size, o.body, o.pieces)
					}
				}
			})
		}
	}
}

// The end of a stream ends an answer only where nothing else does.
func TestEnds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]results.Cause{
		"":                                results.CauseClosed,
		"HTTP/1.1 200 O":                  results.CauseClosed,
		"HTTP/1.1 100 Continue\r\n\r\n":   results.CauseClosed,
		"HTTP/1.1 200 OK\r\n\r\n" + hello: "",
		"HTTP/1.1 200 OK\r\n\r\nali":      results.CauseLength,
		"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nali": results.CauseLength,
	} {
		c := asking(t, codec.Needs{})
		if _, err := c.Next(0, []byte(text), new(codec.Answer)); err != nil {
			t.Fatal(err)
		}
		a, err := c.End(0)
		whole := text != "" && want == "" || text == "HTTP/1.1 200 OK\r\n\r\nali"
		if (err == nil) != whole || a.Cause != want {
			t.Errorf("%q: cause %q and %v, want cause %q", text, a.Cause, err, want)
		}
		if want != "" && c.Describe(0, want) == "" {
			t.Errorf("%q: nothing is said of it", text)
		}
	}
}

// A request that is put into the place of another has its own right answer, and no
// remembered head.
func TestPut(t *testing.T) {
	t.Parallel()
	p, err := h1.New(&loaders.Spec{Target: loaders.Target{Host: "h"}, Requests: []scenarios.Request{{Name: "a", Method: "GET", Path: "/a"}}})
	if err != nil {
		t.Fatal(err)
	}
	shard, other := p.Shard(), p.Shard()
	c := shard.Conn(codec.Needs{})
	c.Open()
	ask := func(number int32, path, body string) {
		t.Helper()
		r := scenarios.Request{Name: path, Method: "GET", Path: path, Expect: scenarios.Expect{Body: &scenarios.Body{Text: body}}}
		built, err := shard.Put(number, &r)
		if want := "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n"; err != nil || string(built.Head) != want {
			t.Fatalf("built %q, %v, want %q", built.Head, err, want)
		}
		for _, cause := range []results.Cause{results.CauseBody, ""} {
			answer := "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
			if answer += body; cause != "" {
				answer = answer[:len(answer)-1] + "!"
			}
			var a codec.Answer
			if _, err := c.Next(number, []byte(answer), &a); err != nil || a.Event != codec.End || a.Cause != cause {
				t.Errorf("request %d with the answer %q: %+v, %v, want cause %q", number, answer, a, err, cause)
			}
		}
	}
	ask(1, "/b", "bbb")
	ask(0, "/c", "ccc")
	ask(1, "/d", "ddd")
	if _, err := shard.Put(2, &scenarios.Request{Method: "GET", Path: "no slash"}); err == nil {
		t.Error("a request without a path was accepted")
	}
	if _, err := other.Put(1, &scenarios.Request{Method: "GET", Path: "/e"}); err != nil || string(p.Requests()[0].Head[:6]) != "GET /a" {
		t.Errorf("a thread has the requests of another: %v", err)
	}
}

// Of many requests those with the same right answer share what is remembered of heads, and
// each answer is judged by its own request.
func TestManyRequests(t *testing.T) {
	t.Parallel()
	spec := loaders.Spec{Target: loaders.Target{Host: "h"}}
	kinds := []scenarios.Request{
		{Method: "GET", Expect: scenarios.Expect{Status: 200}}, {Method: "HEAD", Expect: scenarios.Expect{Status: 200}},
		{Method: "GET", Expect: scenarios.Expect{Status: 201}}, {Method: "GET", Expect: scenarios.Expect{Status: 200, Body: &scenarios.Body{Text: "abc"}}},
	}
	const n = 10_000
	for i := range n {
		r := kinds[i%len(kinds)]
		r.Name, r.Path = fmt.Sprint(i), fmt.Sprintf("/%d", i)
		spec.Requests = append(spec.Requests, r)
	}
	p, err := h1.New(&spec)
	if err != nil {
		t.Fatal(err)
	}
	c := p.Shard().Conn(codec.Needs{})
	c.Open()
	ask := func(number int32, answer string) (a codec.Answer, rest int) {
		t.Helper()
		took, err := c.Next(number, []byte(answer), &a)
		if err != nil {
			t.Fatal(err)
		}
		return a, len(answer) - took
	}
	const head, abc = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
	for i := range int32(n) {
		if got := string(p.Requests()[i].Head); !strings.Contains(got, fmt.Sprintf(" /%d HTTP", i)) {
			t.Fatalf("request %d is %q", i, got)
		}
		switch i % 4 {
		case 0:
			if a, rest := ask(i, abc); a.Event != codec.End || a.Cause != "" || rest != 0 {
				t.Fatalf("request %d: %+v, %d bytes left", i, a, rest)
			}
		case 1: // the same head without its body
			if a, rest := ask(i, head); a.Event != codec.End || a.Cause != "" || rest != 0 {
				t.Fatalf("request %d: %+v, %d bytes left", i, a, rest)
			}
		case 2:
			if a, _ := ask(i, abc); a.Cause != results.CauseStatus || !strings.HasPrefix(c.Describe(i, a.Cause), fmt.Sprint(i)+": ") {
				t.Fatalf("request %d: %+v, %s", i, a, c.Describe(i, a.Cause))
			}
		default:
			if a, _ := ask(i, head+"abx"); a.Cause != results.CauseBody {
				t.Fatalf("request %d: %+v", i, a)
			}
		}
	}
}

// The place of an id is that of its field's value, behind a value and before a body that
// look like one, and where the target is in absolute form.
func TestPlaceOfIDs(t *testing.T) {
	t.Parallel()
	const like = "00000000-0000-8000-8000-000000000000"
	for _, proxy := range []*loaders.Proxy{nil, {Address: "127.0.0.1:1"}} {
		p, err := h1.New(&loaders.Spec{
			Target: loaders.Target{Host: "h"}, Proxy: proxy, RequestID: "X-Trace",
			Requests: []scenarios.Request{{Method: "PUT", Path: "/" + like, Headers: []scenarios.Header{{Name: "A", Value: like}}, Body: &scenarios.Body{Text: like}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		r := p.Requests()[0]
		const field = "\r\nX-Trace: "
		if at := strings.Index(string(r.Head), field) + len(field); r.IDAt != at || string(r.Head[at:at+loaders.RequestIDBytes]) != like {
			t.Errorf("the place is %d, want %d of %q", r.IDAt, at, r.Head)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A thread remembers its first answer that redirects, right or wrong, and no later one.
func TestRedirectIsRemembered(t *testing.T) {
	t.Parallel()
	p, err := h1.New(&loaders.Spec{Target: loaders.Target{Host: "h"}, Requests: []scenarios.Request{
		{Method: "GET", Path: "/"}, {Method: "GET", Path: "/", Expect: scenarios.Expect{Status: 200}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	shard := p.Shard().(codec.Redirecting)
	c := shard.Conn(codec.Needs{})
	c.Open()
	const first = "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
	for i, answer := range []string{
		"HTTP/1.1 304 Not Modified\r\nLocation: /a\r\n\r\n", first, "HTTP/1.1 301 Moved\r\nLocation: /c\r\nContent-Length: 0\r\n\r\n",
	} {
		if _, _, head := shard.Redirect(); (head == nil) != (i < 2) {
			t.Errorf("before answer %d the first redirect is %q", i, head)
		}
		if _, err := c.Next(int32(i%2), []byte(answer), new(codec.Answer)); err != nil {
			t.Fatal(err)
		}
	}
	if request, status, head := shard.Redirect(); request != 1 || status != 302 || string(head) != first {
		t.Errorf("request %d, %d, %q", request, status, head)
	}
}

// Right answers allocate nothing, remembered or not.
func TestNoAllocation(t *testing.T) {
	for name, text := range map[string]string{
		"remembered": "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n" + hello,
		"chunked":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n" + hello + "\r\n0\r\n\r\n",
	} {
		c, in := asking(t, codec.Needs{}), []byte(text)
		var a codec.Answer
		if n := testing.AllocsPerRun(100, func() {
			if n, err := c.Next(0, in, &a); n != len(in) || a.Event != codec.End || a.Cause != "" || err != nil {
				t.Errorf("took %d of %d bytes: %+v, %v", n, len(in), a, err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations for an answer", name, n)
		}
	}
}

// A 408 says that the server has not read the request, unless it is the answer that
// counts as right. The answer behind it is not marked.
func TestUnprocessed(t *testing.T) {
	t.Parallel()
	const ok, late = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n" + hello, "HTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n"
	c := asking(t, codec.Needs{})
	for _, step := range []struct {
		text        string
		unprocessed bool
		keep        bool
	}{{ok, false, true}, {late, true, true}, {ok, false, true}, {ok, false, true}, {"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", false, true}} {
		var a codec.Answer
		if _, err := c.Next(0, []byte(step.text), &a); err != nil || a.Event != codec.End {
			t.Fatalf("%q: %+v, %v", step.text, a, err)
		}
		if a.Unprocessed != step.unprocessed || a.Keep != step.keep {
			t.Errorf("%q: unprocessed %v, keep %v, want %v and %v", step.text, a.Unprocessed, a.Keep, step.unprocessed, step.keep)
		}
	}
}

// A server closes an idle connection with a 408. Any other bytes are no such notice.
func TestNotice(t *testing.T) {
	t.Parallel()
	c := asking(t, codec.Needs{})
	for text, want := range map[string]bool{
		"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n": true,
		"HTTP/1.0 408\r\n\r\n<html>":                            true,
		"HTTP/1.1 408 Request Timeout\r\nConn":                  true,
		"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n" + hello:  false,
		"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n": false,
		"408":                    false,
		"GET / HTTP/1.1\r\n\r\n": false,
		"HTTP/1.1 408 Late\r\nno colon here\r\n\r\n": false,
	} {
		if got := c.Notice([]byte(text)); got != want {
			t.Errorf("%q: a notice %v, want %v", text, got, want)
		}
	}
}
