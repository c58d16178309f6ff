package enginetest

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// patience bounds one load: a load that needs longer hangs.
const patience = 30 * time.Second

// Main is the TestMain of a package that tests loaders. Loads wait most of the time:
// more of them run at once than there are processors. Main fails where a goroutine
// still runs at the end.
func Main(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// Load starts a server and drives the load at it, whose target it fills in. It
// repeats the load, each time with a fresh server, where the machine slept through
// a whole window, or where holds, if not nil, returns why a law between the
// server's counts and the loader's does not hold (see retry.Often).
func Load(t testing.TB, e loaders.Loader, behave func(*Peer), spec loaders.Spec, holds func(*CountingServer, *results.Report) (why string)) (server *CountingServer, report results.Report, steer *Steer) {
	t.Helper()
	retry.Often(t, func() string {
		if server != nil {
			server.Die()
		}
		server, steer = Start(t, behave), &Steer{}
		spec.Target.Address, spec.Target.Host = server.Address, server.Address
		report = Drive(t, e, spec, steer)
		for i := range report.Phases {
			if p := &report.Phases[i]; p.Total.Completed+p.Total.Failed == 0 {
				return fmt.Sprintf("phase %s: nothing was answered and nothing failed", p.Name)
			}
		}
		if holds == nil {
			return ""
		}
		return holds(server, &report)
	})
	return server, report, steer
}

// Steer is a Control that lets everything pass and records every call.
type Steer struct {
	// Answer answers Adjust; nil skips the phase.
	Answer func(phase string) loaders.Adjustment
	// OnWindow and OnInterval are called with every window and every interval,
	// unless they are nil.
	OnWindow   func(loaders.Window)
	OnInterval func(loaders.Interval)

	mu        sync.Mutex
	Readies   []loaders.Ready
	Windows   []loaders.Window
	Intervals []loaders.Interval
	Done      []loaders.PhaseDone
	// After holds, for each window, an instant before its announcement.
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

// Get returns a request for the path whose right answer has the body.
func Get(name, path, body string) scenarios.Request {
	return scenarios.Request{
		Name: name, Method: "GET", Path: path,
		Expect: scenarios.Expect{Status: 200, Body: &scenarios.Body{Text: body}},
	}
}

// Spec returns a load of hello with three connections on one thread and bounds
// that a busy machine does not reach.
func Spec(phases ...loaders.Phase) loaders.Spec {
	return loaders.Spec{
		Target:   loaders.Target{Network: "tcp", Address: "filled in by Load", Host: "localhost"},
		Protocol: scenarios.H1, Requests: []scenarios.Request{Get("hello", "/", Hello)},
		Connections: 3, Threads: 1, Depth: 1, Idle: loaders.Wait, Phases: phases, Seed: 7,
		RequestTimeout: 20 * time.Second, Drain: 10 * time.Second, Interval: 25 * time.Millisecond,
	}
}

// Closed returns a measured closed-loop phase without lead.
func Closed(d time.Duration) loaders.Phase {
	return loaders.Phase{Name: "closed", Loop: results.ClosedLoop, Measured: true, Duration: d}
}

// Open returns a measured open-loop phase without lead, with constant spacing.
func Open(rate float64, d time.Duration) loaders.Phase {
	return loaders.Phase{Name: "open", Loop: results.OpenLoop, Measured: true, Duration: d,
		RateRPS: rate, Schedule: loaders.Constant}
}

// Drive runs the load to its end. A load that hangs fails the test.
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
