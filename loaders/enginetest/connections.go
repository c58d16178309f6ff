package enginetest

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Connections varies how connections begin and end where nothing is wrong.
func Connections(t *testing.T, e loaders.Loader) {
	t.Run("reconnects", func(t *testing.T) { reconnects(t, e) })
	t.Run("announced closes", func(t *testing.T) { announcedCloses(t, e) })
	t.Run("idle closes", func(t *testing.T) { t.Parallel(); idleCloses(t, e) })
	t.Run("per connection", func(t *testing.T) { t.Parallel(); perConnection(t, e) })
	t.Run("refused", func(t *testing.T) { t.Parallel(); refused(t, e) })
	t.Run("unix", func(t *testing.T) { t.Parallel(); unixSocket(t, e) })
}

// reconnects closes after every N requests, by FIN and by RST.
func reconnects(t *testing.T, e loaders.Loader) {
	for _, c := range []struct {
		name         string
		every, depth int
		with         scenarios.CloseKind
		phase        loaders.Phase
	}{
		{"1 fin", 1, 1, scenarios.FIN, Closed(100 * time.Millisecond)},
		{"3 rst", 3, 1, scenarios.RST, Closed(100 * time.Millisecond)},
		{"5 deep", 5, 4, scenarios.FIN, Closed(100 * time.Millisecond)},
		{"1 open", 1, 1, scenarios.RST, Open(400, 100*time.Millisecond)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			spec := Spec(c.phase)
			spec.Depth, spec.Connection = c.depth, scenarios.Connection{ReconnectEvery: c.every, CloseWith: c.with}
			server, report, _ := Load(t, e, Calmly(calm, func(Request) string { return OK(Hello) }), spec, nil)
			CheckCounts(t, server, &report)
			checkReconnects(t, server, &report, c.every)
		})
	}
}

// checkReconnects holds connections against requests: each has served at most
// as many as the row says.
func checkReconnects(t testing.TB, server *Server, report *results.Report, every int) {
	t.Helper()
	made, asked := server.Connects.Load(), server.Requests.Load()
	if made*int64(every) < asked {
		t.Errorf("%d requests on %d connections, at most %d each", asked, made, every)
	}
	if most := asked/int64(every) + int64(report.ConnectionsAsked); made > most {
		t.Errorf("%d connections for %d requests, at most %d", made, asked, most)
	}
	if p := report.Phases[0]; p.Reconnects != uint64(made)-uint64(report.ConnectionsAsked) {
		t.Errorf("%d reconnects, the server has %d connections of %d users", p.Reconnects, made, report.ConnectionsAsked)
	}
}

// announcedCloses has servers that close after each answer and say so.
func announcedCloses(t *testing.T, e loaders.Loader) {
	for name, answer := range map[string]string{
		"close":       "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 7\r\n\r\n" + Hello,
		"HTTP/1.0":    "HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\n" + Hello,
		"until close": "HTTP/1.1 200 OK\r\n\r\n" + Hello,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, report, _ := Load(t, e, closes(answer), Spec(Closed(100*time.Millisecond)), nil)
			CheckCounts(t, server, &report)
			checkReconnects(t, server, &report, 1)
			if p := report.Phases[0]; p.AnnouncedCloses != Answered(&p) {
				t.Errorf("%d announced closes of %d answers", p.AnnouncedCloses, Answered(&p))
			}
		})
	}
}

// idleCloses has a server that closes after each answer and does not say so:
// nothing is asked then, so nothing is wrong. A loader that the machine stops
// for longer than its requests are apart may ask before it sees the close.
func idleCloses(t *testing.T, e loaders.Loader) {
	spec := Spec(Open(10, 400*time.Millisecond))
	spec.Connections = 1
	server, report, _ := Load(t, e, closes(OK(Hello)), spec, func(r *results.Report) bool {
		p := &r.Phases[0]
		return Failures(p) > 0 || p.UnannouncedCloses != Answered(p)
	})
	CheckCounts(t, server, &report)
	if p := report.Phases[0]; p.UnannouncedCloses != Answered(&p) || p.Reconnects != p.UnannouncedCloses {
		t.Errorf("%d unannounced closes behind %d answers, %d reconnects", p.UnannouncedCloses, Answered(&p), p.Reconnects)
	}
}

// perConnection moves to the next request only with a new connection.
func perConnection(t *testing.T, e loaders.Loader) {
	steadfast := func(p *Peer) {
		first := ""
		for {
			r, err := p.Next()
			if err != nil {
				return
			}
			if first == "" {
				first = r.Path
			}
			if r.Path != first {
				p.Send("HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n")
				return
			}
			p.Send(OK(Hello))
		}
	}
	spec := Spec(Closed(100 * time.Millisecond))
	spec.Rotation = scenarios.PerConnection
	spec.Connection = scenarios.Connection{ReconnectEvery: 4, CloseWith: scenarios.FIN}
	spec.Requests = []scenarios.Request{Get("a", "/a", Hello), Get("b", "/b", Hello)}
	server, report, _ := Load(t, e, steadfast, spec, nil)
	CheckCounts(t, server, &report)
	a, b := server.Path("/a"), server.Path("/b")
	// Each of the three users alternates, in blocks of four.
	if diff := a - b; diff < -12 || diff > 12 {
		t.Errorf("%d and %d requests of two that take turns", a, b)
	}
}

// refused has nobody listening.
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
	spec := Spec(Closed(time.Second))
	spec.Target.Address = address
	_, err = e.Run(t.Context(), spec, &Steer{})
	var connect *loaders.ConnectError
	if !errors.As(err, &connect) || connect.Cause != results.CauseConnectRefused {
		t.Errorf("got %v, want a refused connection", err)
	}
	if took := time.Since(began); took > patience/2 {
		t.Errorf("it took %v to see that nobody listens", took)
	}
}

// unixSocket speaks over a socket with a path.
func unixSocket(t *testing.T, e loaders.Loader) {
	path := t.TempDir() + "/s"
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan uint64)
	go func() {
		defer close(served)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			served <- answerPlainly(c)
		}
	}()
	spec := Spec(Closed(60 * time.Millisecond))
	spec.Target = loaders.Target{Network: "unix", Address: path, Host: "localhost"}
	spec.Connections = 1
	for n := 1; ; n++ {
		report := Drive(t, e, spec, &Steer{})
		p := &report.Phases[0]
		if got := <-served; Failures(p) != 0 || Answered(p) != got {
			t.Errorf("%d answered and %d failed of %d served: %s", Answered(p), Failures(p), got, p.Total.FirstError)
		}
		if n == attempts || !starved(&report) {
			break
		}
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	<-served
}

// answerPlainly answers each read until the end, and says how many.
func answerPlainly(c net.Conn) (n uint64) {
	defer c.Close()
	for buf := make([]byte, 4096); ; n++ {
		if _, err := c.Read(buf); err != nil {
			return n
		}
		if _, err := c.Write([]byte(OK(Hello))); err != nil {
			return n
		}
	}
}
