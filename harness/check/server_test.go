package check

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/joust-bench/joust/scenarios"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	alive = "alive\r\n"
	date  = "Sat, 21 Nov 2026 18:00:00 GMT"
)

func plain() []scenarios.Header {
	return []scenarios.Header{{Name: "Content-Type", Value: "text/plain"}}
}

// row returns a row of the requests, like one of the catalogue.
func row(requests ...scenarios.Request) *scenarios.Scenario {
	return &scenarios.Scenario{Name: requests[0].Name, Depth: 1, Requests: requests}
}

func hello() scenarios.Request {
	return scenarios.Request{Name: "hello", Method: "GET", Path: "/", Expect: scenarios.Expect{
		Status: 200, Headers: plain(), Framing: scenarios.LengthFramed, Body: &scenarios.Body{Text: alive}}}
}

func number() scenarios.Request {
	return scenarios.Request{Name: "json", Method: "GET", Path: "/json",
		Expect: scenarios.Expect{Status: 200, Framing: scenarios.LengthFramed, Body: &scenarios.Body{Text: `{"id":1}`},
			Headers: []scenarios.Header{{Name: "Content-Type", Value: "application/json"}}},
		Vary: &scenarios.Vary{Numbers: map[string]scenarios.Range{"n": {Min: 2, Max: 999999}}, Path: "/json?id={n}", Expect: &scenarios.Body{Text: `{"id":{n}}`}}}
}

func echo(chunk int64) scenarios.Request {
	return scenarios.Request{Name: "echo", Method: "POST", Path: "/echo",
		Body:   &scenarios.Body{Text: "0123456789", Length: 256, Chunk: chunk},
		Expect: scenarios.Expect{Status: 200, Echo: true, Framing: scenarios.LengthFramed}}
}

func upload(size int64) scenarios.Request {
	return scenarios.Request{Name: "upload", Method: "POST", Path: "/upload",
		Body:   &scenarios.Body{Text: "0123456789", Length: size},
		Expect: scenarios.Expect{Status: 200, Framing: scenarios.LengthFramed, Body: &scenarios.Body{Text: strconv.FormatInt(size, 10)}}}
}

func pieces() scenarios.Request {
	return scenarios.Request{Name: "pieces", Method: "GET", Path: "/pieces", Expect: scenarios.Expect{
		Status: 200, Framing: scenarios.ChunkedFramed, Body: &scenarios.Body{Text: "piece", Length: 50}}}
}

func head() scenarios.Request {
	return scenarios.Request{Name: "head", Method: "HEAD", Path: "/large", Expect: scenarios.Expect{
		Status: 200, NoBody: true, Headers: []scenarios.Header{{Name: "Content-Length", Value: "65536"}}}}
}

// right returns a net/http server that answers all the rows above rightly.
func right() http.Handler {
	mux := http.NewServeMux()
	write := func(w http.ResponseWriter, contentType, body string) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		io.WriteString(w, body)
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		write(w, "text/plain; charset=utf-8", alive)
	})
	mux.HandleFunc("GET /json", func(w http.ResponseWriter, r *http.Request) {
		id := r.FormValue("id")
		if id == "" {
			id = "1"
		}
		write(w, "application/json", `{"id":`+id+`}`)
	})
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		write(w, "application/octet-stream", string(body))
	})
	mux.HandleFunc("POST /upload", func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		write(w, "text/plain", strconv.FormatInt(n, 10))
	})
	mux.HandleFunc("GET /pieces", func(w http.ResponseWriter, r *http.Request) {
		for range 10 {
			io.WriteString(w, "piece")
			w.(http.Flusher).Flush()
		}
	})
	mux.HandleFunc("HEAD /large", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "65536")
	})
	return mux
}

func serveRight(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(right())
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// serve hands every connection to handle, on a socket of its own, and ends all
// with the test.
func serve(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[c] = true
			mu.Unlock()
			all.Go(func() {
				defer c.Close()
				handle(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for c := range open {
			c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return l.Addr().String()
}

// script answers the i-th request of a connection with the returned bytes; ""
// ends the connection.
type script func(i int, r *http.Request, body string) string

func (s script) handle(c net.Conn) {
	in := bufio.NewReader(c)
	for i := 0; ; i++ {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		out := s(i, r, string(body))
		if out == "" {
			return
		}
		if _, err := io.WriteString(c, out); err != nil {
			return
		}
	}
}

// always gives one answer to every request.
func always(out string) func(net.Conn) {
	return script(func(int, *http.Request, string) string { return out }).handle
}

// ok returns a right answer of that type and body.
func ok(contentType, body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", date, contentType, len(body), body)
}

// replaced returns the right hello with one text replaced.
func replaced(old, new string) string {
	whole := ok("text/plain", alive)
	if !strings.Contains(whole, old) {
		panic("nothing to replace: " + old)
	}
	return strings.Replace(whole, old, new, 1)
}

// silent reads and never answers.
func silent(c net.Conn) { io.Copy(io.Discard, c) }

// drip answers rightly, one byte at a time.
func drip(c net.Conn) {
	in := bufio.NewReader(c)
	for {
		if _, err := http.ReadRequest(in); err != nil {
			return
		}
		for _, b := range []byte(ok("text/plain", alive)) {
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
			time.Sleep(100 * time.Microsecond)
		}
	}
}

// handled returns the body of the server's answer.
func handled(server http.Handler, r *http.Request) []byte {
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	return w.Body.Bytes()
}

func randomFrom(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
