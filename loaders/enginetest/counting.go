package enginetest

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec/h1/wire"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Counting holds the loader's counts against the server's.
func Counting(t *testing.T, e loaders.Loader) {
	t.Run("shapes", func(t *testing.T) { countShapes(t, e) })
	t.Run("exchanges", func(t *testing.T) { countExchanges(t, e) })
	t.Run("groups", func(t *testing.T) { t.Parallel(); countGroups(t, e) })
	t.Run("uploads", func(t *testing.T) { t.Parallel(); countUploads(t, e) })
}

// calm is a server's pause that leaves a loop with few connections some
// hundred requests a second.
const calm = 2 * time.Millisecond

// countShapes varies loop, depth, connections and threads.
func countShapes(t *testing.T, e loaders.Loader) {
	const poisson = loaders.Poisson
	for _, c := range []struct {
		loop                        results.Loop
		law                         loaders.Schedule
		depth, connections, threads int
	}{
		{results.ClosedLoop, "", 1, 1, 1}, {results.ClosedLoop, "", 4, 3, 2}, {results.ClosedLoop, "", 16, 64, 2},
		{results.ClosedLoop, "", 16, 1, 1}, {results.ClosedLoop, "", 1, 64, 1},
		{results.OpenLoop, loaders.Constant, 1, 3, 2}, {results.OpenLoop, loaders.Constant, 16, 64, 1},
		{results.OpenLoop, poisson, 1, 64, 2}, {results.OpenLoop, poisson, 4, 1, 1}, {results.OpenLoop, poisson, 16, 3, 2},
	} {
		name := strings.Join([]string{string(c.loop), string(c.law), strconv.Itoa(c.depth), strconv.Itoa(c.connections), strconv.Itoa(c.threads)}, "/")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// In a closed loop all connections are answered several times a window.
			pause := max(calm, time.Duration(c.connections)*calm/4)
			warm, main := Closed(40*time.Millisecond+2*pause), Closed(80*time.Millisecond+2*pause)
			warm.Name, warm.Measured = "warm-up", false
			if c.loop == results.OpenLoop {
				main = Open(1000, 80*time.Millisecond)
				main.Schedule = c.law
			}
			main.Lead = 20 * time.Millisecond
			spec := Spec(warm, main)
			spec.Depth, spec.Connections, spec.Threads = c.depth, c.connections, c.threads
			behave := Answering(func(Request) string { return OK(Hello) })
			if c.loop == results.ClosedLoop {
				behave = Calmly(pause, func(Request) string { return OK(Hello) })
			}
			server, report, steer := Load(t, e, behave, spec, nil)
			CheckCounts(t, server, &report)
			checkAnnounced(t, steer, &report)
			if report.ConnectionsOpen != c.connections || server.Connects.Load() != int64(c.connections) {
				t.Errorf("%d open and %d accepted of %d connections", report.ConnectionsOpen, server.Connects.Load(), c.connections)
			}
		})
	}
}

// CheckCounts fails unless the report counts, without a failure, exactly the
// requests and the bytes that the server counted.
func CheckCounts(t testing.TB, server *Server, report *results.Report) {
	t.Helper()
	var answered, asked uint64
	for i := range report.Phases {
		p := &report.Phases[i]
		answered, asked = answered+Answered(p), asked+p.Asked
		if n := Failures(p); n != 0 || p.Unanswered != 0 {
			t.Errorf("phase %s: %d failed and %d unanswered: %s %v", p.Name, n, p.Unanswered, p.Total.FirstError, p.Total.Errors)
		}
		if p.SurplusAnswers != 0 || len(p.ConnectionErrors) != 0 || p.BackoffNS != 0 {
			t.Errorf("phase %s: %d surplus answers (%s), connection errors %v, %d ns of back-off", p.Name, p.SurplusAnswers, p.FirstSurplus, p.ConnectionErrors, p.BackoffNS)
		}
		checkSamples(t, p)
	}
	if answered == 0 || answered != uint64(server.Requests.Load()) {
		t.Errorf("the loader counts %d answers of %d requests, the server %d", answered, asked, server.Requests.Load())
	}
	if made := count(report.Connect); !server.Accepted(made) {
		t.Errorf("the loader counts %d connections, the server %d", made, server.Connects.Load())
	}
}

// checkSamples holds the histograms against the counts of a phase without
// failures.
func checkSamples(t testing.TB, p *results.Phase) {
	t.Helper()
	want := p.Total.Completed
	if p.Loop == results.OpenLoop {
		want = p.Rate.Offered
		if got := count(p.Total.Corrected); got != want {
			t.Errorf("phase %s: %d corrected samples of %d requests offered", p.Name, got, want)
		}
		if lags := count(p.SendLagIdle) + count(p.SendLagBlocked); lags != want {
			t.Errorf("phase %s: %d send lags of %d requests offered", p.Name, lags, want)
		}
		if p.CompletedAfter == 0 && p.Rate.BacklogT1 != 0 {
			t.Errorf("phase %s: all is answered before its end and %d are due then", p.Name, p.Rate.BacklogT1)
		}
		if p.Rate.Achieved != p.Total.Completed {
			t.Errorf("phase %s: achieved %d, completed %d", p.Name, p.Rate.Achieved, p.Total.Completed)
		}
	}
	if got := count(p.Total.Service); got != want {
		t.Errorf("phase %s: %d service samples of %d requests", p.Name, got, want)
	}
	if p.CompletedFirstHalf > p.Total.Completed {
		t.Errorf("phase %s: %d completed in its first half of %d", p.Name, p.CompletedFirstHalf, p.Total.Completed)
	}
}

func count(h *results.Histogram) uint64 {
	if h == nil {
		return 0
	}
	return h.Count
}

// checkAnnounced holds what was announced against what was reported.
func checkAnnounced(t testing.TB, s *Steer, report *results.Report) {
	t.Helper()
	for i, w := range s.Windows {
		p := report.Phases[i]
		if w.T0NS != p.T0NS || w.T1NS != p.T1NS || w.Phase != p.Name {
			t.Errorf("announced %+v, reported %s [%d, %d)", w, p.Name, p.T0NS, p.T1NS)
		}
		if d := s.Done[i]; d.Completed != p.Total.Completed || d.Phase != p.Name || d.Work < 0 || d.Work > 1 {
			t.Errorf("told %+v, reported %d completed in %s", d, p.Total.Completed, p.Name)
		}
		if ahead := w.T0NS - s.After[i]; p.Measured && ahead < int64(50*time.Millisecond) {
			t.Errorf("window of %s opens %d ns behind an instant before its announcement", w.Phase, ahead)
		}
	}
	last := map[string]results.Interval{}
	for _, i := range s.Intervals {
		if b := last[i.Phase]; i.Completed < b.Completed || i.Bytes < b.Bytes || i.Completed > 1<<40 {
			t.Errorf("the timeline of %s goes from %+v to %+v", i.Phase, b, i.Interval)
		}
		last[i.Phase] = i.Interval
	}
}

// countExchanges varies what is asked and answered.
func countExchanges(t *testing.T, e loaders.Loader) {
	post := func(body scenarios.Body) scenarios.Request {
		return scenarios.Request{Name: "post", Method: "POST", Path: "/", Body: &body,
			Expect: scenarios.Expect{Status: 200, Body: &scenarios.Body{Text: Hello}}}
	}
	large := strings.Repeat("0123456789abcdef", 64<<10)
	head := scenarios.Request{Name: "head", Method: "HEAD", Path: "/", Expect: scenarios.Expect{Status: 200, NoBody: true}}
	for _, c := range []struct {
		name   string
		depth  int
		ask    scenarios.Request
		answer string
	}{
		{"head", 4, head, "HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n"},
		{"64 KiB", 1, Get("large", "/", large[:64<<10]), OK(large[:64<<10])},
		{"1 MiB", 1, Get("large", "/", large), OK(large)},
		{"chunked answer", 4, Get("chunked", "/", Hello), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nali\r\n4\r\nve\r\n\r\n0\r\n\r\n"},
		{"no content", 4, scenarios.Request{Name: "none", Method: "DELETE", Path: "/", Expect: scenarios.Expect{Status: 204, NoBody: true}}, "HTTP/1.1 204 No Content\r\n\r\n"},
		{"small body", 4, post(scenarios.Body{Text: "hello"}), OK(Hello)},
		{"chunked body", 4, post(scenarios.Body{Text: "hello", Length: 1000, Chunk: 300}), OK(Hello)},
		{"large chunked body", 1, post(scenarios.Body{Text: "hello", Length: 300_000, Chunk: 7000}), OK(Hello)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			spec := Spec(Closed(100 * time.Millisecond))
			spec.Requests, spec.Depth = []scenarios.Request{c.ask}, c.depth
			pause := calm + time.Duration(len(c.answer)+int(c.ask.Body.Size()))*20 // 20 ns a byte
			server, report, _ := Load(t, e, Calmly(pause, func(Request) string { return c.answer }), spec, nil)
			CheckCounts(t, server, &report)
			checkBytes(t, server, &report, &c.ask, len(c.answer))
		})
	}
}

// checkBytes holds the bytes of a single phase without lead: its window has
// all that was completed in it, and nothing that the server did not see.
func checkBytes(t testing.TB, server *Server, report *results.Report, ask *scenarios.Request, answer int) {
	t.Helper()
	r, err := wire.Compile(ask, server.Address)
	if err != nil {
		t.Fatal(err)
	}
	p := &report.Phases[0]
	all, inside := Answered(p), p.Total.Completed
	if want := all * uint64(r.Size()); uint64(server.Bytes.Load()) != want {
		t.Errorf("the server has read %d bytes of %d requests, want %d", server.Bytes.Load(), all, want)
	}
	exact, _ := ask.AnswerBody()
	for _, c := range []struct {
		what  string
		got   uint64
		bytes uint64
	}{
		{"sent", p.SentBytes, uint64(r.Size())}, {"sent of bodies", p.SentBodyBytes, uint64(r.BodyBytes)},
		{"received", p.ReceivedBytes, uint64(answer)}, {"received of bodies", p.ReceivedBodyBytes, uint64(exact.Size())},
	} {
		if low, high := inside*c.bytes, all*c.bytes; c.got < low || c.got > high {
			t.Errorf("%d bytes %s in the window, want %d (completed in it) to %d (completed at all)", c.got, c.what, low, high)
		}
	}
}

// countGroups holds the groups of several requests against the server's paths.
func countGroups(t *testing.T, e loaders.Loader) {
	spec := Spec(Closed(100*time.Millisecond), Open(900, 100*time.Millisecond))
	spec.Threads, spec.Connections = 2, 5
	spec.Requests = []scenarios.Request{Get("a", "/a", "/a"), Get("b", "/b", "/b"), Get("c", "/c", "/c")}
	server, report, _ := Load(t, e, Calmly(calm, func(r Request) string { return OK(r.Path) }), spec, nil)
	CheckCounts(t, server, &report)
	for _, p := range report.Phases {
		var completed, service, status uint64
		for _, name := range []string{"a", "b", "c"} {
			g, ok := p.Groups[name]
			if !ok {
				t.Errorf("phase %s has no group %s", p.Name, name)
			}
			completed += g.Completed
			service += count(g.Service)
			status += g.Status["200"]
		}
		if completed != p.Total.Completed || service != count(p.Total.Service) || status != p.Total.Status["200"] || status != completed {
			t.Errorf("phase %s: the groups have %d completed, %d samples, %d of status 200; their total %+v", p.Name, completed, service, status, p.Total)
		}
	}
	// Each of five connections takes its turns by itself, so that the paths
	// are at most five requests apart.
	for _, other := range []string{"/b", "/c"} {
		if d := server.Path("/a") - server.Path(other); d < -5 || d > 5 {
			t.Errorf("/a was asked %d times, %s %d times", server.Path("/a"), other, server.Path(other))
		}
	}
}

// countUploads sends bodies of 20 MiB. The last is due long before the window
// ends, so that as a rule all bytes belong to it.
func countUploads(t *testing.T, e loaders.Loader) {
	const size = 20 << 20
	spec := Spec(Open(10, 500*time.Millisecond))
	spec.Requests = []scenarios.Request{{Name: "upload", Method: "POST", Path: "/", Body: &scenarios.Body{Text: "joust", Length: size},
		Expect: scenarios.Expect{Status: 200, Body: &scenarios.Body{Text: Hello}}}}
	server, report, _ := Load(t, e, Answering(func(Request) string { return OK(Hello) }), spec, nil)
	CheckCounts(t, server, &report)
	checkBytes(t, server, &report, &spec.Requests[0], len(OK(Hello)))
	p := &report.Phases[0]
	if server.BodyBytes.Load() != 5*size {
		t.Errorf("the server has read %d bytes of bodies, want 5 of 20 MiB", server.BodyBytes.Load())
	}
	if p.CompletedAfter == 0 && p.SentBodyBytes != 5*size {
		t.Errorf("%d bytes of bodies sent, want 5 of 20 MiB", p.SentBodyBytes)
	}
	if got := count(p.Total.Write); got != p.Rate.Offered {
		t.Errorf("%d write times of %d uploads", got, p.Rate.Offered)
	}
}
