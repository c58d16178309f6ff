package engine_test

import (
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Where nothing is wrong, connections begin and end in these ways.
func TestReconnects(t *testing.T)      { overEngines(t, reconnects) }
func TestAnnouncedCloses(t *testing.T) { overEngines(t, announcedCloses) }
func TestIdleCloses(t *testing.T)      { overEngines(t, idleCloses) }
func TestPerConnection(t *testing.T)   { overEngines(t, perConnection) }
func TestRefused(t *testing.T)         { overEngines(t, refused) }
func TestUnixSocket(t *testing.T)      { overEngines(t, unixSocket) }

// reconnects closes after every N requests, by FIN and by RST.
func reconnects(t *testing.T, e loaders.Loader) {
	for _, c := range []struct {
		name         string
		every, depth int
		with         scenarios.CloseKind
		phase        loaders.Phase
	}{
		{"1 fin", 1, 1, scenarios.FIN, enginetest.Closed(100 * time.Millisecond)},
		{"3 rst", 3, 1, scenarios.RST, enginetest.Closed(100 * time.Millisecond)},
		{"5 deep", 5, 4, scenarios.FIN, enginetest.Closed(100 * time.Millisecond)},
		{"1 open", 1, 1, scenarios.RST, enginetest.Open(400, 100*time.Millisecond)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			spec := enginetest.Spec(c.phase)
			spec.Depth, spec.Connection = c.depth, scenarios.Connection{ReconnectEvery: c.every, CloseWith: c.with}
			server, report, _ := enginetest.Load(t, e, enginetest.Good(calm), spec, nil)
			enginetest.CheckCounts(t, server, &report)
			checkReconnects(t, server, &report, c.every)
		})
	}
}

// checkReconnects compares connections with requests: each connection has served
// at most as many requests as the row says.
func checkReconnects(t testing.TB, server *enginetest.CountingServer, report *results.Report, every int) {
	t.Helper()
	made, asked := server.Connects.Load(), server.Requests.Load()
	if made*int64(every) < asked {
		t.Errorf("%d requests on %d connections, at most %d each", asked, made, every)
	}
	// The first connections of an open loop end unused, since its connections are made
	// for their requests. At the end of a closed loop, those with requests left give
	// their place to others.
	most := asked/int64(every) + 2*int64(report.ConnectionsAsked)
	if made > most {
		t.Errorf("%d connections for %d requests, at most %d", made, asked, most)
	}
	if p := report.Phases[0]; p.Reconnects != uint64(made)-uint64(report.ConnectionsAsked) {
		t.Errorf("%d reconnects, the server has %d connections of %d users", p.Reconnects, made, report.ConnectionsAsked)
	}
}

// announcedCloses has servers that close after each answer and say so.
func announcedCloses(t *testing.T, e loaders.Loader) {
	for name, answer := range map[string]string{
		"close":       "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 7\r\n\r\n" + enginetest.Hello,
		"HTTP/1.0":    "HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\n" + enginetest.Hello,
		"until close": "HTTP/1.1 200 OK\r\n\r\n" + enginetest.Hello,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, report, _ := enginetest.Load(t, e, closes(answer), enginetest.Spec(enginetest.Closed(100*time.Millisecond)), nil)
			enginetest.CheckCounts(t, server, &report)
			checkReconnects(t, server, &report, 1)
			if p := report.Phases[0]; p.AnnouncedCloses != p.Right() {
				t.Errorf("%d announced closes of %d answers", p.AnnouncedCloses, p.Right())
			}
		})
	}
}

// idleCloses has a server that closes after each answer and does not say so. No
// request is in flight then, and nothing is wrong. A loader that the machine stops
// for longer than the gap between two requests may ask before it sees the close.
func idleCloses(t *testing.T, e loaders.Loader) {
	spec := enginetest.Spec(enginetest.Open(10, 400*time.Millisecond))
	spec.Connections = 1
	server, report, _ := enginetest.Load(t, e, closes(enginetest.RightAnswer), spec, func(_ *enginetest.CountingServer, r *results.Report) string {
		if p := &r.Phases[0]; p.Failures() > 0 || p.UnannouncedCloses != p.Right() {
			return fmt.Sprintf("%d unannounced closes behind %d answers, %d failures", p.UnannouncedCloses, p.Right(), p.Failures())
		}
		return ""
	})
	enginetest.CheckCounts(t, server, &report)
	if p := report.Phases[0]; p.Reconnects != p.UnannouncedCloses {
		t.Errorf("%d unannounced closes, %d reconnects", p.UnannouncedCloses, p.Reconnects)
	}
}

// perConnection moves to the next request only with a new connection.
func perConnection(t *testing.T, e loaders.Loader) {
	steadfast := func(p *enginetest.Peer) {
		first := ""
		for {
			path, err := p.Next()
			if err != nil {
				return
			}
			if first == "" {
				first = path
			}
			if path != first {
				p.Send("HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n")
				return
			}
			p.Send(enginetest.RightAnswer)
		}
	}
	spec := enginetest.Spec(enginetest.Closed(100 * time.Millisecond))
	spec.Rotation = scenarios.PerConnection
	spec.Connection = scenarios.Connection{ReconnectEvery: 4, CloseWith: scenarios.FIN}
	spec.Requests = []scenarios.Request{enginetest.Get("a", "/a", enginetest.Hello), enginetest.Get("b", "/b", enginetest.Hello)}
	server, report, _ := enginetest.Load(t, e, steadfast, spec, nil)
	enginetest.CheckCounts(t, server, &report)
	a, b := server.Path("/a"), server.Path("/b")
	// Each of the three users alternates, in blocks of four.
	if diff := a - b; diff < -12 || diff > 12 {
		t.Errorf("%d and %d requests of two that take turns", a, b)
	}
}

// refused loads an address without a listener.
func refused(t *testing.T, e loaders.Loader) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	spec := enginetest.Spec(enginetest.Closed(time.Second))
	spec.Target.Address = address
	_, err = e.Run(t.Context(), spec, &enginetest.Steer{})
	var connect *loaders.ConnectError
	if !errors.As(err, &connect) || connect.Cause != results.CauseConnectRefused {
		t.Errorf("got %v, want a refused connection", err)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %v to see that nobody listens", took)
	}
}

// unixSocket speaks over a socket with a path.
func unixSocket(t *testing.T, e loaders.Loader) {
	path := t.TempDir() + "/s"
	served := make(chan uint64, 1)
	enginetest.Accept(t, "unix", path, func(c net.Conn) { served <- answerPlainly(c) })
	spec := enginetest.Spec(enginetest.Closed(60 * time.Millisecond))
	spec.Target = loaders.Target{Network: "unix", Address: path, Host: "localhost"}
	spec.Connections = 1
	retry.Often(t, func() string {
		report := enginetest.Drive(t, e, spec, &enginetest.Steer{})
		p := &report.Phases[0]
		if got := <-served; p.Failures() != 0 || p.Right() != got {
			t.Errorf("%d answered and %d failed of %d served: %s", p.Right(), p.Failures(), got, p.Total.FirstError)
		}
		if p.Total.Completed == 0 {
			return "nothing was answered in the window"
		}
		return ""
	})
}

// answerPlainly answers each read until the end, and returns their number.
func answerPlainly(c net.Conn) (n uint64) {
	for buf := make([]byte, 4096); ; n++ {
		if _, err := c.Read(buf); err != nil {
			return n
		}
		if _, err := c.Write([]byte(enginetest.RightAnswer)); err != nil {
			return n
		}
	}
}
