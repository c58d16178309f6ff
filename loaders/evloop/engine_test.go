//go:build linux

package evloop_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/evloop"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// steer is a Control that lets everything pass and keeps what it was told.
type steer struct {
	ready   loaders.Ready
	windows []loaders.Window
	done    []loaders.PhaseDone
	late    []time.Duration
	rate    float64
	skip    string
}

func (s *steer) Ready(_ context.Context, r loaders.Ready) (int64, error) {
	s.ready = r
	return clock.Now(), nil
}

func (s *steer) Window(w loaders.Window) {
	s.windows = append(s.windows, w)
	s.late = append(s.late, clock.Until(w.T0NS))
}
func (s *steer) Interval(loaders.Interval)     {}
func (s *steer) PhaseDone(d loaders.PhaseDone) { s.done = append(s.done, d) }
func (s *steer) Adjust(_ context.Context, phase string) (loaders.Adjustment, error) {
	return loaders.Adjustment{Phase: phase, RateRPS: s.rate, Skip: s.skip}, nil
}

const hello = "alive\r\n"

func helloRequest() scenarios.Request {
	return scenarios.Request{
		Name: "hello", Method: "GET", Path: "/",
		Expect: scenarios.Expect{Status: 200, Body: &scenarios.Body{Text: hello}},
	}
}

// serve starts a net/http server that answers hello and counts what it served.
func serve(t *testing.T) (address string, served *atomic.Int64) {
	served = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		served.Add(1)
		_, _ = w.Write([]byte(hello))
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().(*net.TCPAddr).String(), served
}

func spec(address string, phases ...loaders.Phase) loaders.Spec {
	return loaders.Spec{
		Target:   loaders.Target{Network: "tcp", Address: address, Host: address},
		Protocol: scenarios.H1, Requests: []scenarios.Request{helloRequest()},
		Connections: 8, Threads: 2, Depth: 1, Idle: loaders.Wait, Phases: phases,
		Interval: 50 * time.Millisecond,
	}
}

func closed(d time.Duration) loaders.Phase {
	return loaders.Phase{Name: "closed", Loop: results.ClosedLoop, Measured: true, Duration: d, Lead: 50 * time.Millisecond}
}

func open(rate float64, d time.Duration) loaders.Phase {
	return loaders.Phase{Name: "open", Loop: results.OpenLoop, Measured: true, Duration: d, Lead: 100 * time.Millisecond,
		RateRPS: rate, Schedule: loaders.Constant}
}

func run(t *testing.T, s loaders.Spec, c *steer) results.Report {
	t.Helper()
	report, err := evloop.Engine{}.Run(t.Context(), s, c)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// The server's count of requests is what the loader reports, exactly, over all
// phases.
func TestCountsAgreeWithTheServer(t *testing.T) {
	address, served := serve(t)
	var c steer
	warm := closed(100 * time.Millisecond)
	warm.Name, warm.Measured = "warm-up", false
	report := run(t, spec(address, warm, closed(200*time.Millisecond), open(2000, 200*time.Millisecond)), &c)
	var counted uint64
	for _, p := range report.Phases {
		counted += p.CompletedBefore + p.Total.Completed + p.CompletedAfter
		if p.Total.Failed != 0 || p.FailedOutside != 0 {
			t.Errorf("phase %s: %d failed: %s", p.Name, p.Total.Failed+p.FailedOutside, p.Total.FirstError)
		}
	}
	if counted != uint64(served.Load()) {
		t.Errorf("the loader counts %d answers, the server %d", counted, served.Load())
	}
	if report.ConnectionsOpen != 8 || report.Connect.Count != 8 {
		t.Errorf("%d connections open, %d made, of 8", report.ConnectionsOpen, report.Connect.Count)
	}
}

func TestOpenLoopKeepsItsRate(t *testing.T) {
	address, _ := serve(t)
	var c steer
	p := run(t, spec(address, open(1000, time.Second)), &c).Phases[0]
	t.Logf("%+v", *p.Rate)
	t.Logf("lag %+v", p.SendLagIdle)
	if p.Rate.Offered != 1000 {
		t.Errorf("offered %d requests in one second at 1000 req/s", p.Rate.Offered)
	}
	if p.Total.Corrected.Count != 1000 || p.Total.Service.Count != 1000 {
		t.Errorf("%d corrected and %d service samples of 1000 requests", p.Total.Corrected.Count, p.Total.Service.Count)
	}
}
