package enginetest

import (
	"context"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

// stopBound is how long an engine may take to stop, with a margin for a busy
// machine.
const stopBound = loaders.MaxDrain + 2*time.Second

// Stopping ends loads early. It counts goroutines and descriptors of the whole
// process, so nothing may run beside it.
func Stopping(t *testing.T, e loaders.Loader) {
	good := Answering(func(Request) string { return OK(Hello) })
	silent := func(p *Peer) { p.Hold() }
	Start(t, good).Die() // the runtime opens its own descriptors at first use
	lead := Closed(time.Hour)
	lead.Lead = time.Hour
	for _, c := range []struct {
		name   string
		behave func(*Peer)
		phase  loaders.Phase
		drain  time.Duration
	}{
		{"closed", good, Closed(time.Hour), time.Second},
		{"open", good, Open(2000, time.Hour), time.Second},
		{"in the lead", good, lead, time.Second},
		{"silent", silent, Closed(time.Hour), 100 * time.Millisecond},
		{"backlog", silent, Open(1000, time.Hour), 100 * time.Millisecond},
		{"backlog of a slow server", Calmly(20*time.Millisecond, func(Request) string { return OK(Hello) }), Open(5000, time.Hour), 2 * time.Second},
		{"long drain", silent, Closed(time.Hour), time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			ignore, open := goleak.IgnoreCurrent(), descriptors()
			t.Run("load", func(t *testing.T) {
				server := Start(t, c.behave)
				spec := Spec(c.phase, Closed(time.Hour))
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
func stopInWindow(t *testing.T, e loaders.Loader, server *Server, spec loaders.Spec) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stopped := make(chan int64, 1)
	steer := Steer{OnWindow: func(w loaders.Window) {
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
	CheckAccounts(t, &report)
	p := &report.Phases[0]
	if got := Answered(p) + p.Unanswered; p.Loop == results.ClosedLoop && got != max(uint64(server.Requests.Load()), p.Unanswered) {
		t.Errorf("%d answered and %d unanswered, the server has read %d", Answered(p), p.Unanswered, server.Requests.Load())
	}
	if p.Loop == results.OpenLoop {
		checkBooks(t, p)
		// What is due at the stop is not sent any more: a drain of two seconds
		// would let a slow server answer three hundred.
		if n := server.Requests.Load(); p.Total.Service != nil && p.Total.Service.MinNS >= 20e6 && n > 150 {
			t.Errorf("%d requests sent, with %d never sent", n, p.Rate.NeverSent)
		}
		if p.Rate.Offered == 0 || p.Rate.Offered > 100_000 {
			t.Errorf("offered %d within a tenth of a second", p.Rate.Offered)
		}
	}
	if Failures(p) != 0 || p.WindowNS() < 0 || p.WindowNS() > int64(time.Minute) {
		t.Errorf("%d failed in a window of %d ns: %s", Failures(p), p.WindowNS(), p.Total.FirstError)
	}
}

// stopBefore cancels before anything has begun.
func stopBefore(t *testing.T, e loaders.Loader) {
	server := Start(t, Answering(func(Request) string { return OK(Hello) }))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	spec := Spec(Closed(time.Hour))
	spec.Target.Address = server.Address
	report, err := e.Run(ctx, spec, &Steer{})
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
