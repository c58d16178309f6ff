package check

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/joust-bench/joust/harness/check/conformance"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/scenarios"
)

// cheat is a server that makes one row cheaper than it is.
type cheat struct {
	name, row string
	// caught is a part of the difference, which begins with the exercise.
	caught string
	// routes are the dishonest answers; or serve starts a dishonest server.
	routes map[string]http.HandlerFunc
	serve  func(*testing.T) string
}

// cheats lists the cheats that a check of a row catches. Bodies that are held whole
// need the server's memory (package launch), stale Dates a while (TestStaleDate).
func cheats() []cheat {
	always := func(path string, h http.HandlerFunc) map[string]http.HandlerFunc {
		return map[string]http.HandlerFunc{path: h}
	}
	return []cheat{
		{name: "constant json", row: "json", caught: "3 requests on one connection: answer 2 of 3: GET /json?id=", routes: always("/json", func(w http.ResponseWriter, _ *http.Request) {
			reply(w, "application/json", object(1))
		})},
		{name: "reset after the head of an upload", row: "upload_20mb", caught: "every request once: POST /upload: answered without taking the whole request: the server reset", serve: resetting},
		{name: "answer before the last byte", row: "upload_20mb", caught: "last byte of the body withheld 100ms: POST /upload: answered before the last byte", serve: raw(early(true))},
		{name: "wrong length", row: "hello", caught: "every request once: GET /: all 7 bytes of the body came, but not its announced end", serve: raw(cutOff(replaced("Content-Length: 7", "Content-Length: 8")))},
		{name: "missing Date", row: "hello", caught: "every request once: GET /: expected one Date header, got 0", routes: always("/", func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Date"] = nil
			reply(w, "text/plain", alive)
		})},
		{name: "cached gzip", row: "gzip_response", caught: "3 requests on one connection: answer 2 of 3: GET /gzip?seed=", routes: always("/gzip", func(w http.ResponseWriter, _ *http.Request) {
			packed(w, document(1))
		})},
		{name: "not waiting on /delay", row: "httparena_async", caught: "every request once: GET /delay/15: answered after", routes: always("/delay/15", func(w http.ResponseWriter, _ *http.Request) {
			reply(w, "text/plain", "ok")
		})},
		{name: "canned numbers for the baseline", row: "httparena_baseline", caught: "3 requests on one connection: answer 2 of 3: GET /baseline11?a=", routes: always("/baseline11", func(w http.ResponseWriter, _ *http.Request) {
			reply(w, "text/plain", "579")
		})},
		{name: "echo of the first bytes only", row: "multi_request_body", caught: "every request once: POST /echo: the body is 1024 bytes long, expected 4096", routes: always("/echo", func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(io.LimitReader(r.Body, 1024))
			reply(w, "application/octet-stream", string(body))
		})},
		{name: "an echo that knows the benchmark's body", row: "echo", caught: "POST /echo: the body differs at byte", routes: always("/echo", func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			reply(w, "application/octet-stream", strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyz", 8)[:256])
		})},
		{name: "a static file under a wrong encoding", row: "httparena_static", caught: "every request once: GET /static/", serve: mislabelled},
		{name: "events in one flush", row: "server_sent_events", caught: "every request once: GET /sse: 100 events came in 1 chunks: the server does not flush each event", routes: always("/sse", func(w http.ResponseWriter, _ *http.Request) {
			events(w, 100, false)
		})},
		{name: "fewer events", row: "server_sent_events", caught: "every request once: GET /sse: 99 of 100 events came", routes: always("/sse", func(w http.ResponseWriter, _ *http.Request) {
			events(w, 99, true)
		})},
		{name: "304 always", row: "etag_304", caught: "without the condition: GET /etag: expected status 200, got 304", routes: always("/etag", func(w http.ResponseWriter, _ *http.Request) {
			tag(w, `"v1"`)
		})},
		{name: "a cap of 999 requests", row: "large_keepalive_session", caught: "a connection ends after 1000 requests: answer 1000 of 1000 on one connection: GET /: no answer", serve: capped(0, 999)},
		{name: "no cap of requests", row: "large_keepalive_session", caught: "a connection ends after 1000 requests: GET /: answered request 1001 on one connection", serve: capped(0, 0)},
		{name: "no cap of connections", row: "backpressure_sustained", caught: "60 connections, and the cap is 50: GET /: 60 connections were answered at once", serve: capped(0, 0)},
		{name: "a cap of 20 connections", row: "backpressure_sustained", caught: "GET /: only 20 connections were answered at once, and the cap is 50", serve: capped(20, 0)},
		{name: "an answer to half a slow request", row: "slow_client", caught: "every request once: GET /: answered before the whole request was sent", serve: raw(hurried)},
		{name: "no interim answer", row: "expect_100_continue", caught: "every request once: POST /echo: expected status 100 first, got 200", serve: raw(impolite)},
		{name: "broken by a dropped body", row: "partial_body_drop", caught: "after the connection that gave up, a whole request: ", serve: fragile},
	}
}

func raw(handle func(net.Conn)) func(*testing.T) string {
	return func(t *testing.T) string { return serve(t, handle) }
}

func capped(connections, requests int) func(*testing.T) string {
	return func(t *testing.T) string { return serveCapped(t, connections, requests) }
}

// resetting answers an upload at its head and resets the connection.
func resetting(t *testing.T) string {
	return serve(t, func(c net.Conn) {
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		io.WriteString(c, ok("text/plain", strconv.FormatInt(r.ContentLength, 10)))
		if tcp, is := c.(*net.TCPConn); is {
			tcp.SetLinger(0)
		}
	})
}

// mislabelled sends the plain files as brotli.
func mislabelled(t *testing.T) string {
	files := staticFiles(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := filepath.Base(r.URL.Path)
		text, _ := os.ReadFile(filepath.Join(files, name))
		w.Header().Set("Vary", "Accept-Encoding")
		w.Header().Set("Content-Encoding", "br")
		reply(w, mediaTypes()[filepath.Ext(name)], string(text))
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// hurried answers the first bytes of a request.
func hurried(c net.Conn) {
	if _, err := c.Read(make([]byte, 1)); err == nil {
		io.WriteString(c, ok("text/plain", alive))
		io.Copy(io.Discard, c)
	}
}

// impolite answers at the head, without asking for the body.
func impolite(c net.Conn) {
	if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
		io.WriteString(c, ok("application/octet-stream", ""))
		io.Copy(io.Discard, c)
	}
}

// fragile answers nobody once a body broke off.
func fragile(t *testing.T) string {
	var broken atomic.Bool
	return serve(t, func(c net.Conn) {
		for in := bufio.NewReader(c); ; {
			r, err := http.ReadRequest(in)
			if err != nil || broken.Load() {
				return
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				broken.Store(true)
				return
			}
			if r.Method == http.MethodPost {
				io.WriteString(c, ok("application/octet-stream", string(body)))
			} else {
				io.WriteString(c, ok("text/plain", alive))
			}
		}
	})
}

// The rows that the cheats are about, and all others of the honest server, pass on it.
func TestAnHonestServerPasses(t *testing.T) {
	t.Parallel()
	address := serveHonest(t, nil)
	addresses := map[string]string{"large_keepalive_session": serveCapped(t, 0, 1000), "backpressure_sustained": serveCapped(t, 50, 0)}
	rows := map[string]bool{"accept_storm_burst": true, "router_404_storm": true, "connection_storm": true, "chunked_request_body": true}
	for _, c := range cheats() {
		rows[c.row] = true
	}
	for name := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := address
			if own := addresses[name]; own != "" {
				at = own
			}
			if difference := Full(t.Context(), at, "joust.test", catalogued(t, name), randomFrom(1)); difference != "" {
				t.Error(difference)
			}
		})
	}
}

// Each cheat is caught by its own exercise. With -v the test prints the table.
func TestCheatsAreCaught(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	for _, c := range cheats() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			start := c.serve
			if start == nil {
				start = func(t *testing.T) string { return serveHonest(t, c.routes) }
			}
			l := brisk()
			l.answer = 3 * l.turn
			row, difference := catalogued(t, c.row), ""
			// A busy machine may delay an answer for longer than the server should have.
			retry.Often(t, func() string {
				b := battery{target{address: start(t), host: "joust.test", limits: l, least: row.LeastTime}, row, randomFrom(1)}
				if difference = b.run(t.Context()); strings.Contains(difference, c.caught) {
					return ""
				}
				return fmt.Sprintf("got %q\nwant a difference with: %s", difference, c.caught)
			})
			mu.Lock()
			defer mu.Unlock()
			t.Logf("%-40s %-24s %.110s", c.name, c.row, difference)
		})
	}
}

// A Date that stands still is no difference of a row: the battery finds it.
func TestStaleDate(t *testing.T) {
	t.Parallel()
	stale := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", date)
		reply(w, "text/plain", alive)
	})
	s := httptest.NewServer(stale)
	t.Cleanup(s.Close)
	row, address := catalogued(t, "hello"), s.Listener.Addr().String()
	if difference := Full(t.Context(), address, "joust.test", row, randomFrom(1)); difference != "" {
		t.Errorf("the row finds %s", difference)
	}
	outcome := conformance.Run(t.Context(), conformance.Server{Address: address, Host: "joust.test", Rows: []*scenarios.Scenario{row}})
	for _, p := range outcome.Failed() {
		if p.Name == "Date is fresh" && strings.HasPrefix(p.Got, "Date: "+date) {
			t.Logf("%-40s %-24s HTTP/1.1 battery: %s: %s", "stale Date", "hello", p.Name, p.Got)
			return
		}
	}
	t.Errorf("the battery does not find it: %+v", outcome.Failed())
}
