package engine_test

import (
	"context"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
)

// stopBound is the longest time that an engine may take to stop, with a margin
// for a busy machine.
const stopBound = loaders.MaxDrain + 2*time.Second

// Loads are stopped early. The test counts goroutines and descriptors of the
// whole process: it is not parallel to any other.
func TestStopping(t *testing.T) {
	for _, name := range []loaders.EngineName{loaders.EventLoop, loaders.Portable} {
		t.Run(string(name), func(t *testing.T) { stopping(t, choose(t, name)) })
	}
}

func stopping(t *testing.T, e loaders.Loader) {
	good := enginetest.Good(0)
	silent := func(p *enginetest.Peer) { p.Hold() }
	enginetest.Start(t, good).Die() // the runtime opens its own descriptors at first use
	lead := enginetest.Closed(time.Hour)
	lead.Lead = time.Hour
	for _, c := range []struct {
		name   string
		behave func(*enginetest.Peer)
		phase  loaders.Phase
		drain  time.Duration
	}{
		{"closed", good, enginetest.Closed(time.Hour), time.Second},
		{"open", good, enginetest.Open(2000, time.Hour), time.Second},
		{"in the lead", good, lead, time.Second},
		{"silent", silent, enginetest.Closed(time.Hour), 100 * time.Millisecond},
		{"backlog", silent, enginetest.Open(1000, time.Hour), 100 * time.Millisecond},
		{"backlog of a slow server", enginetest.Good(20 * time.Millisecond), enginetest.Open(5000, time.Hour), 2 * time.Second},
		{"long drain", silent, enginetest.Closed(time.Hour), time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			ignore, open := goleak.IgnoreCurrent(), descriptors()
			t.Run("load", func(t *testing.T) {
				server := enginetest.Start(t, c.behave)
				spec := enginetest.Spec(c.phase, enginetest.Closed(time.Hour))
				spec.Target.Address, spec.Drain, spec.RequestTimeout = server.Address, c.drain, time.Hour
				stopInWindow(t, e, server, spec)
			})
			goleak.VerifyNone(t, ignore)
			if now := descriptors(); now > open {
				t.Errorf("%d descriptors open before, %d after", open, now)
			}
		})
	}
	t.Run("before the load", func(t *testing.T) { stopBefore(t, e) })
}

// stopInWindow cancels 60 ms into the load.
func stopInWindow(t *testing.T, e loaders.Loader, server *enginetest.CountingServer, spec loaders.Spec) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stopped := make(chan int64, 1)
	steer := enginetest.Steer{OnWindow: func(w loaders.Window) {
		begins := min(clock.Until(w.T0NS), 100*time.Millisecond)
		time.AfterFunc(begins+60*time.Millisecond, func() { stopped <- clock.Now(); cancel() })
	}}
	report, err := e.Run(ctx, spec, &steer)
	if err != nil {
		t.Fatal(err)
	}
	if took := -clock.Until(<-stopped); took > stopBound {
		t.Errorf("stopping took %v", took)
	}
	if !report.Interrupted || len(report.Phases) != 1 {
		t.Fatalf("interrupted %v with %d phases, want one partial phase", report.Interrupted, len(report.Phases))
	}
	enginetest.CheckAccounts(t, &report)
	p := &report.Phases[0]
	if got := p.Right() + p.Unanswered; p.Loop == results.ClosedLoop && got != max(uint64(server.Requests.Load()), p.Unanswered) {
		t.Errorf("%d answered and %d unanswered, the server has read %d", p.Right(), p.Unanswered, server.Requests.Load())
	}
	if p.Loop == results.OpenLoop {
		checkBooks(t, p)
		// The backlog at the stop is not sent any more: within a drain of two
		// seconds a slow server would answer three hundred requests.
		if n := server.Requests.Load(); p.Total.Service != nil && p.Total.Service.MinNS >= 20e6 && n > 150 {
			t.Errorf("%d requests sent, with %d never sent", n, p.Rate.NeverSent)
		}
		if p.Rate.Offered == 0 || p.Rate.Offered > 100_000 {
			t.Errorf("offered %d within a tenth of a second", p.Rate.Offered)
		}
	}
	if p.Failures() != 0 || p.WindowNS() < 0 || p.WindowNS() > int64(time.Minute) {
		t.Errorf("%d failed in a window of %d ns: %s", p.Failures(), p.WindowNS(), p.Total.FirstError)
	}
}

// stopBefore cancels before anything has begun.
func stopBefore(t *testing.T, e loaders.Loader) {
	server := enginetest.Start(t, enginetest.Good(0))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	spec := enginetest.Spec(enginetest.Closed(time.Hour))
	spec.Target.Address = server.Address
	report, err := e.Run(ctx, spec, &enginetest.Steer{})
	if err != nil || !report.Interrupted || server.Requests.Load() != 0 {
		t.Errorf("got %+v, %v and %d requests, want an interrupted report of none", report, err, server.Requests.Load())
	}
}

// descriptors counts the open descriptors of this process, 0 where the system
// does not list them.
func descriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
