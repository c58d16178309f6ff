package engine_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec/h1/wire"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// The loader's counts are the server's.
func TestCountShapes(t *testing.T)    { overEngines(t, countShapes) }
func TestCountExchanges(t *testing.T) { overEngines(t, countExchanges) }
func TestCountGroups(t *testing.T)    { overEngines(t, countGroups) }
func TestCountUploads(t *testing.T)   { overEngines(t, countUploads) }

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
			warm, main := enginetest.Closed(40*time.Millisecond+2*pause), enginetest.Closed(80*time.Millisecond+2*pause)
			warm.Name, warm.Measured = "warm-up", false
			if c.loop == results.OpenLoop {
				main = enginetest.Open(1000, 80*time.Millisecond)
				main.Schedule = c.law
			}
			main.Lead = 20 * time.Millisecond
			spec := enginetest.Spec(warm, main)
			spec.Depth, spec.Connections, spec.Threads = c.depth, c.connections, c.threads
			behave := enginetest.Good(pause)
			if c.loop == results.OpenLoop {
				behave = enginetest.Good(0)
			}
			server, report, steer := enginetest.Load(t, e, behave, spec, nil)
			enginetest.CheckCounts(t, server, &report)
			checkAnnounced(t, steer, &report)
			if report.ConnectionsOpen != c.connections || server.Connects.Load() != int64(c.connections) {
				t.Errorf("%d open and %d accepted of %d connections", report.ConnectionsOpen, server.Connects.Load(), c.connections)
			}
		})
	}
}

// checkAnnounced compares the announcements with the report.
func checkAnnounced(t testing.TB, s *enginetest.Steer, report *results.Report) {
	t.Helper()
	for i, w := range s.Windows {
		p := report.Phases[i]
		if w.T0NS != p.T0NS || w.T1NS != p.T1NS || w.Phase != p.Name {
			t.Errorf("announced %+v, reported %s [%d, %d)", w, p.Name, p.T0NS, p.T1NS)
		}
		if d := s.Done[i]; d.Completed != p.Total.Completed || d.Phase != p.Name || d.Work < 0 || d.Work > 1 {
			t.Errorf("announced %+v, reported %d completed in %s", d, p.Total.Completed, p.Name)
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

// countExchanges varies requests and answers.
func countExchanges(t *testing.T, e loaders.Loader) {
	post := func(body scenarios.Body) scenarios.Request {
		return scenarios.Request{Name: "post", Method: "POST", Path: "/", Body: &body,
			Expect: scenarios.Expect{Status: 200, Body: &scenarios.Body{Text: enginetest.Hello}}}
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
		{"64 KiB", 1, enginetest.Get("large", "/", large[:64<<10]), enginetest.OK(large[:64<<10])},
		{"1 MiB", 1, enginetest.Get("large", "/", large), enginetest.OK(large)},
		{"chunked answer", 4, enginetest.Get("chunked", "/", enginetest.Hello), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nali\r\n4\r\nve\r\n\r\n0\r\n\r\n"},
		{"no content", 4, scenarios.Request{Name: "none", Method: "DELETE", Path: "/", Expect: scenarios.Expect{Status: 204, NoBody: true}}, "HTTP/1.1 204 No Content\r\n\r\n"},
		{"small body", 4, post(scenarios.Body{Text: "hello"}), enginetest.RightAnswer},
		{"chunked body", 4, post(scenarios.Body{Text: "hello", Length: 1000, Chunk: 300}), enginetest.RightAnswer},
		{"large chunked body", 1, post(scenarios.Body{Text: "hello", Length: 300_000, Chunk: 7000}), enginetest.RightAnswer},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			spec := enginetest.Spec(enginetest.Closed(100 * time.Millisecond))
			spec.Requests, spec.Depth = []scenarios.Request{c.ask}, c.depth
			pause := calm + time.Duration(len(c.answer)+int(c.ask.Body.Size()))*20 // 20 ns a byte
			server, report, _ := enginetest.Load(t, e, enginetest.Answering(pause, c.answer), spec, nil)
			enginetest.CheckCounts(t, server, &report)
			checkBytes(t, server, &report, &c.ask, len(c.answer))
		})
	}
}

// checkBytes checks the bytes of a single phase without lead: its window has the
// bytes of all exchanges that were completed in it, and none that the server did
// not see.
func checkBytes(t testing.TB, server *enginetest.CountingServer, report *results.Report, ask *scenarios.Request, answer int) {
	t.Helper()
	r, err := wire.Compile(ask, server.Address)
	if err != nil {
		t.Fatal(err)
	}
	p := &report.Phases[0]
	all, inside := p.Right(), p.Total.Completed
	if want := all * uint64(r.Size()); uint64(server.Bytes.Load()) != want {
		t.Errorf("the server has read %d bytes of %d requests, want %d", server.Bytes.Load(), all, want)
	}
	exact, _ := ask.AnswerBody()
	for _, c := range []struct {
		name  string
		got   uint64
		bytes uint64
	}{
		{"sent", p.SentBytes, uint64(r.Size())}, {"sent of bodies", p.SentBodyBytes, uint64(r.BodyBytes)},
		{"received", p.ReceivedBytes, uint64(answer)}, {"received of bodies", p.ReceivedBodyBytes, uint64(exact.Size())},
	} {
		if low, high := inside*c.bytes, all*c.bytes; c.got < low || c.got > high {
			t.Errorf("%d bytes %s in the window, want %d (completed in it) to %d (completed at all)", c.got, c.name, low, high)
		}
	}
}

// countGroups compares the groups of several requests with the server's paths.
func countGroups(t *testing.T, e loaders.Loader) {
	spec := enginetest.Spec(enginetest.Closed(100*time.Millisecond), enginetest.Open(900, 100*time.Millisecond))
	spec.Threads, spec.Connections = 2, 5
	spec.Requests = []scenarios.Request{enginetest.Get("a", "/a", "/a"), enginetest.Get("b", "/b", "/b"), enginetest.Get("c", "/c", "/c")}
	server, report, _ := enginetest.Load(t, e, enginetest.AnsweringBy(func(path string) string { time.Sleep(calm); return enginetest.OK(path) }), spec, nil)
	enginetest.CheckCounts(t, server, &report)
	for _, p := range report.Phases {
		var completed, service, status uint64
		for _, name := range []string{"a", "b", "c"} {
			g, ok := p.Groups[name]
			if !ok {
				t.Errorf("phase %s has no group %s", p.Name, name)
			}
			completed += g.Completed
			service += enginetest.Samples(g.Service)
			status += g.Status["200"]
		}
		if completed != p.Total.Completed || service != enginetest.Samples(p.Total.Service) || status != p.Total.Status["200"] || status != completed {
			t.Errorf("phase %s: the groups have %d completed, %d samples, %d of status 200; their total %+v", p.Name, completed, service, status, p.Total)
		}
	}
	// Each of five connections takes its turns by itself: the counts of two paths
	// differ by at most five.
	for _, other := range []string{"/b", "/c"} {
		if d := server.Path("/a") - server.Path(other); d < -5 || d > 5 {
			t.Errorf("/a was asked %d times, %s %d times", server.Path("/a"), other, server.Path(other))
		}
	}
}

// countUploads sends bodies of 20 MiB. The last is due long before the window
// ends: as a rule all bytes belong to the window.
func countUploads(t *testing.T, e loaders.Loader) {
	const size = 20 << 20
	spec := enginetest.Spec(enginetest.Open(10, 500*time.Millisecond))
	spec.Requests = []scenarios.Request{{Name: "upload", Method: "POST", Path: "/", Body: &scenarios.Body{Text: "joust", Length: size},
		Expect: scenarios.Expect{Status: 200, Body: &scenarios.Body{Text: enginetest.Hello}}}}
	server, report, _ := enginetest.Load(t, e, enginetest.Good(0), spec, nil)
	enginetest.CheckCounts(t, server, &report)
	checkBytes(t, server, &report, &spec.Requests[0], len(enginetest.RightAnswer))
	p := &report.Phases[0]
	if server.BodyBytes.Load() != 5*size {
		t.Errorf("the server has read %d bytes of bodies, want 5 of 20 MiB", server.BodyBytes.Load())
	}
	if p.CompletedAfter == 0 && p.SentBodyBytes != 5*size {
		t.Errorf("%d bytes of bodies sent, want 5 of 20 MiB", p.SentBodyBytes)
	}
	if got := enginetest.Samples(p.Total.Write); got != p.Rate.Offered {
		t.Errorf("%d write times of %d uploads", got, p.Rate.Offered)
	}
}
