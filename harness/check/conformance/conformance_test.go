package conformance

import (
	"context"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// claimed are the rows of the reference server.
func claimed() []*scenarios.Scenario {
	return []*scenarios.Scenario{
		{Name: "hello", Requests: []scenarios.Request{{Method: "GET", Path: "/", Expect: scenarios.Expect{Status: 200, Body: &scenarios.Body{Text: alive}}}}},
		{Name: "echo", Requests: []scenarios.Request{{Method: "POST", Path: "/echo", Body: &scenarios.Body{Text: "any"}, Expect: scenarios.Expect{Status: 200, Echo: true}}}},
	}
}

// run asks the server with less patience than users' servers get.
func run(ctx context.Context, s Server) *results.Conformance {
	s.Host = "joust.test"
	b := battery{server: s, patience: time.Second, quiet: 150 * time.Millisecond}
	return b.run(ctx)
}

// failed returns the names of the failing points with what came.
func failed(c *results.Conformance) map[string]string {
	out := map[string]string{}
	for _, p := range c.Failed() {
		out[p.Name] = p.Got
	}
	return out
}

func TestAStrictServerPassesEveryPoint(t *testing.T) {
	t.Parallel()
	c := run(t.Context(), Server{Address: serveReference(t, ""), Rows: claimed()})
	if passed, asked := c.Score(); passed != asked || asked != len(points()) || asked < 24 {
		t.Errorf("%d of %d points, of %d: %v", passed, asked, len(points()), failed(c))
	}
}

// also are points that a weakness fails besides its own.
var also = map[string][]string{
	// What stands behind a body is always lost on this server.
	"pipelined requests with bodies": {"two lengths", "malformed lengths", "space before a colon", "NUL in a field value", "bare LF in a head"},
	"pipelined requests in order":    {"pipelined requests with bodies"},
	"Connection: close is honoured":  {"names of fields in any case"},
}

// Each point fails a server that has the weakness which the point is about, and no
// other server.
func TestEachPointFindsItsWeakness(t *testing.T) {
	t.Parallel()
	// The servers mostly wait: more than the processors' number may run.
	places := make(chan struct{}, 8)
	var all sync.WaitGroup
	for _, p := range points() {
		address := serveReference(t, p.name)
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			got := failed(run(t.Context(), Server{Address: address, Rows: claimed()}))
			if got[p.name] == "" {
				t.Errorf("%s: the server passed", p.name)
			}
			for name, what := range got {
				if name != p.name && !slices.Contains(also[p.name], name) {
					t.Errorf("%s: it failed %q as well: %s", p.name, name, what)
				}
			}
			t.Logf("%s: got %s", p.name, got[p.name])
		})
	}
	all.Wait()
}

func TestPointsAreExplained(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, p := range points() {
		if names[p.name] || p.expected == "" || !strings.HasPrefix(p.section, "RFC ") || !strings.Contains(p.section, "§") {
			t.Errorf("the point %+v lacks a part, or its name is another's", p.name)
		}
		names[p.name] = true
	}
	c := run(t.Context(), Server{Address: serveReference(t, "two Hosts"), Rows: claimed()})
	for _, p := range c.Failed() {
		if !strings.HasPrefix(p.Sent, "GET / HTTP/1.1\r\nHost: joust.test\r\nHost: other.test\r\n") || p.Expected != "status 400" || p.Got != `status 200 "alive\r\n", then an open connection` {
			t.Errorf("got %+v", p)
		}
	}
	if passed, asked := c.Score(); passed != asked-1 || len(c.Failed()) != 1 {
		t.Errorf("%d of %d", passed, asked)
	}
}

func TestPointsThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	address := serveReference(t, "")
	c := run(t.Context(), Server{Address: address, Rows: claimed()[:1]})
	passed, asked := c.Score()
	if without := len(points()) - 4; passed != without || asked != without {
		t.Errorf("without a row that takes a body: %d of %d, want %d: %v", passed, asked, without, failed(c))
	}
	if c := run(t.Context(), Server{Address: address}); len(c.Failed()) > 0 || c.Points[0].Outcome != results.ConformanceNotAsked || c.Points[0].Got == "" {
		t.Errorf("without rows: got %+v", c.Points[0])
	}
}

func TestServersThatDoNotAnswer(t *testing.T) {
	t.Parallel()
	silent := serve(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	b := battery{server: Server{Address: silent, Host: "joust.test", Rows: claimed()}, patience: 20 * time.Millisecond, quiet: 10 * time.Millisecond}
	c := b.run(t.Context())
	// To wait for the bytes of a huge chunk is right.
	if passed, _ := c.Score(); passed != 1 {
		t.Errorf("a silent server passes %d points: %+v", passed, c.Points)
	}
	closing := serve(t, func(net.Conn) {})
	if got := failed(run(t.Context(), Server{Address: closing, Rows: claimed()})); got["pipelined requests in order"] == "" || got["no Host"] == "" {
		t.Errorf("a closing server fails only %v", got)
	}
}

// A server that ends on one point is started again for the next, and only that point
// is blamed.
func TestAServerThatEnds(t *testing.T) {
	t.Parallel()
	s := &mortal{t: t}
	s.start()
	c := run(t.Context(), Server{Address: s.address, Rows: claimed(), Revive: s.revive})
	want := map[string]string{"two lengths": "the server ended: exit status 1"}
	if got := failed(c); len(got) != 1 || got["two lengths"] != want["two lengths"] {
		t.Errorf("got %v, want %v", got, want)
	}
	if s.starts < 2 {
		t.Errorf("%d starts", s.starts)
	}
}

func TestEndOfContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	run(ctx, Server{Address: serveReference(t, ""), Rows: claimed()})
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v after the end", took)
	}
}
