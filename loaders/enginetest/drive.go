package enginetest

import (
	"context"
	"flag"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// patience bounds one load of the battery: whoever needs longer hangs.
const patience = 30 * time.Second

// Main is the TestMain of a package that runs the battery. Loads wait most of
// the time, so more of them run at once than there are processors. Nothing may
// be left running at the end.
func Main(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// Run is the whole battery.
func Run(t *testing.T, e loaders.Loader) {
	// Stopping counts descriptors and goroutines, so it goes first and alone.
	t.Run("stopping", func(t *testing.T) { Stopping(t, e) })
	t.Run("counting", func(t *testing.T) { t.Parallel(); Counting(t, e) })
	t.Run("connections", func(t *testing.T) { t.Parallel(); Connections(t, e) })
	t.Run("bad servers", func(t *testing.T) { t.Parallel(); BadServers(t, e) })
	t.Run("accounts", func(t *testing.T) { t.Parallel(); Accounts(t, e) })
	t.Run("warming", func(t *testing.T) { t.Parallel(); Warming(t, e) })
	t.Run("open loop", func(t *testing.T) { t.Parallel(); OpenLoop(t, e) })
}

// attempts bounds how often a load is repeated because the machine stood still
// for a whole window.
const attempts = 8

// Load starts a server and drives the load at it, whose target it fills in. A
// load of which the machine slept through a whole window says nothing and is
// repeated with a fresh server, as is one that spoilt says to repeat.
func Load(t testing.TB, e loaders.Loader, behave func(*Peer), spec loaders.Spec, spoilt func(*results.Report) bool) (*Server, results.Report, *Steer) {
	t.Helper()
	return loadUntil(t, e, behave, spec, func(_ *Server, r *results.Report) bool { return spoilt == nil || !spoilt(r) })
}

// loadUntil is Load with a law between the server's counts and the loader's,
// which a machine that stands still may break: the load is repeated until the
// law holds.
func loadUntil(t testing.TB, e loaders.Loader, behave func(*Peer), spec loaders.Spec, holds func(*Server, *results.Report) bool) (*Server, results.Report, *Steer) {
	t.Helper()
	for n := 1; ; n++ {
		server, steer := Start(t, behave), &Steer{}
		spec.Target.Address, spec.Target.Host = server.Address, server.Address
		report := Drive(t, e, spec, steer)
		if n == attempts || !starved(&report) && holds(server, &report) {
			return server, report, steer
		}
		server.Die()
	}
}

// starved tells whether nothing was answered or failed in a window.
func starved(r *results.Report) bool {
	return slices.ContainsFunc(r.Phases, func(p results.Phase) bool { return p.Total.Completed+p.Total.Failed == 0 })
}

// Steer is a Control that lets everything pass and keeps what it was told.
type Steer struct {
	// Answer replies to Adjust; nil skips.
	Answer func(phase string) loaders.Adjustment
	// OnWindow and OnInterval, if set, are called with each of them.
	OnWindow   func(loaders.Window)
	OnInterval func(loaders.Interval)

	mu        sync.Mutex
	Readies   []loaders.Ready
	Windows   []loaders.Window
	Intervals []loaders.Interval
	Done      []loaders.PhaseDone
	// After has, for each window, an instant before it was announced.
	After []int64
	last  int64
}

var _ loaders.Control = (*Steer)(nil)

// Ready implements loaders.Control.
func (s *Steer) Ready(_ context.Context, r loaders.Ready) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Readies = append(s.Readies, r)
	s.last = clock.Now()
	return s.last, nil
}

// Window implements loaders.Control.
func (s *Steer) Window(w loaders.Window) {
	s.mu.Lock()
	s.Windows = append(s.Windows, w)
	s.After = append(s.After, s.last)
	s.mu.Unlock()
	if s.OnWindow != nil {
		s.OnWindow(w)
	}
}

// Interval implements loaders.Control.
func (s *Steer) Interval(i loaders.Interval) {
	s.mu.Lock()
	s.Intervals = append(s.Intervals, i)
	s.mu.Unlock()
	if s.OnInterval != nil {
		s.OnInterval(i)
	}
}

// PhaseDone implements loaders.Control.
func (s *Steer) PhaseDone(p loaders.PhaseDone) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Done = append(s.Done, p)
	s.last = clock.Now()
}

// Adjust implements loaders.Control.
func (s *Steer) Adjust(_ context.Context, phase string) (loaders.Adjustment, error) {
	if s.Answer == nil {
		return loaders.Adjustment{Phase: phase, Skip: "nobody answers"}, nil
	}
	return s.Answer(phase), nil
}

// Get is a request for the path whose right answer has the body.
func Get(name, path, body string) scenarios.Request {
	return scenarios.Request{
		Name: name, Method: "GET", Path: path,
		Expect: scenarios.Expect{Status: 200, Body: &scenarios.Body{Text: body}},
	}
}

// Spec is a load of hello with three connections on one thread and bounds that
// a busy machine does not reach.
func Spec(phases ...loaders.Phase) loaders.Spec {
	return loaders.Spec{
		Target:   loaders.Target{Network: "tcp", Address: "filled in by Load", Host: "localhost"},
		Protocol: scenarios.H1, Requests: []scenarios.Request{Get("hello", "/", Hello)},
		Connections: 3, Threads: 1, Depth: 1, Idle: loaders.Wait, Phases: phases, Seed: 7,
		RequestTimeout: 20 * time.Second, Drain: 10 * time.Second, Interval: 25 * time.Millisecond,
	}
}

// Closed is a measured closed-loop phase without lead.
func Closed(d time.Duration) loaders.Phase {
	return loaders.Phase{Name: "closed", Loop: results.ClosedLoop, Measured: true, Duration: d}
}

// Open is a measured open-loop phase without lead, with constant spacing.
func Open(rate float64, d time.Duration) loaders.Phase {
	return loaders.Phase{Name: "open", Loop: results.OpenLoop, Measured: true, Duration: d,
		RateRPS: rate, Schedule: loaders.Constant}
}

// Drive runs the load to its end; hanging fails the test.
func Drive(t testing.TB, e loaders.Loader, spec loaders.Spec, control *Steer) results.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	report, err := e.Run(ctx, spec, control)
	if err != nil {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatalf("the load did not end within %v", patience)
	}
	CheckAccounts(t, &report)
	return report
}

// CheckAccounts fails unless each phase accounts for every request that was
// asked in it, and describes what it counts.
func CheckAccounts(t testing.TB, report *results.Report) {
	t.Helper()
	for i := range report.Phases {
		p := &report.Phases[i]
		if sum := p.Right() + p.Failures() + p.Unanswered; sum != p.Asked {
			t.Errorf("phase %s: %d right, %d failed and %d unanswered make %d, asked were %d", p.Name, p.Right(), p.Failures(), p.Unanswered, sum, p.Asked)
		}
		if (p.SurplusAnswers > 0) != (p.FirstSurplus != "") {
			t.Errorf("phase %s: %d surplus answers, the first %q", p.Name, p.SurplusAnswers, p.FirstSurplus)
		}
		if (len(p.ConnectionErrors) > 0) != (p.FirstConnectionError != "") {
			t.Errorf("phase %s: connection errors %v, the first %q", p.Name, p.ConnectionErrors, p.FirstConnectionError)
		}
		if most := int64(report.ConnectionsAsked) * p.WindowNS(); p.BackoffNS < 0 || p.BackoffNS > most {
			t.Errorf("phase %s: %d ns of back-off, where all connections together have %d", p.Name, p.BackoffNS, most)
		}
		switch {
		case p.Loop == results.ClosedLoop && (p.Unanswered > 0) != (p.UnansweredFromNS > 0):
			t.Errorf("phase %s: %d unanswered, lower bounds from %d ns", p.Name, p.Unanswered, p.UnansweredFromNS)
		case p.Loop == results.OpenLoop && p.Rate != nil && p.Rate.Censored > p.Unanswered:
			t.Errorf("phase %s: %d censored of %d unanswered", p.Name, p.Rate.Censored, p.Unanswered)
		}
	}
}

// Answered is what a server answered rightly in a phase, as the loader counts.
func Answered(p *results.Phase) uint64 { return p.Right() }

// Failures is what failed in a phase, in the window or not.
func Failures(p *results.Phase) uint64 { return p.Failures() }
