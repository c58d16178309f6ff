package certify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/certify/lawserver"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

// Subject is a law server, in this process or in another.
type Subject interface {
	Address() string
	SetLaw(lawserver.Law) error
	Counts() (lawserver.Counts, error)
	Stamps() (lawserver.Stamps, error)
}

var (
	_ Subject = (*lawserver.Local)(nil)
	_ Subject = (*lawserver.Remote)(nil)
)

// Bench runs cases one at a time, with one server and the loader under test.
type Bench struct {
	Server Subject
	Loader loaders.Loader
	// Threads, CPUs and Idle are as in loaders.Spec.
	Threads int
	CPUs    []int
	Idle    loaders.IdleStrategy
	// CapacityWindow is the window in which a capacity is measured; 0 stands for
	// 2 s.
	CapacityWindow time.Duration
	// Judge returns the harness's verdict on the measured phase; nil for none.
	Judge func(spec loaders.Spec, report *results.Report) (*results.Verdict, error)
}

const (
	defaultCapacityWindow = 2 * time.Second
	// startAhead is the time before the load's start at which the law gets the
	// instant of the window's opening.
	startAhead = 200 * time.Millisecond
)

// Run runs one case. The error says that the case could not be run, not that a
// check missed its bound.
func (b Bench) Run(ctx context.Context, c Case) ([]Check, error) {
	seen, err := b.observe(ctx, c)
	var checks []Check
	if err == nil {
		checks, err = c.Checks(seen)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name(), err)
	}
	return checks, nil
}

// observe runs the load of a case.
func (b Bench) observe(ctx context.Context, c Case) (Observation, error) {
	var seen Observation
	law := c.Law(0)
	if law.CapacityRPS > 0 {
		var err error
		if seen.CapacityRPS, err = b.capacity(ctx, c, law); err != nil {
			return seen, fmt.Errorf("measuring the server's capacity: %w", err)
		}
	}
	if err := b.Server.SetLaw(law); err != nil {
		return seen, err
	}
	seen.Spec = b.complete(c.Load(seen.CapacityRPS))
	began := time.Now()
	var err error
	seen.Report, err = b.load(ctx, seen.Spec, c)
	seen.Elapsed = time.Since(began)
	var connect *loaders.ConnectError
	if errors.As(err, &connect) {
		seen.ConnectCause = connect.Cause
		return seen, nil
	}
	if err != nil {
		return seen, err
	}
	if seen.Counts, err = b.Server.Counts(); err != nil {
		return seen, err
	}
	if seen.Stamps, err = b.Server.Stamps(); err == nil && b.Judge != nil {
		seen.Verdict, err = b.Judge(seen.Spec, &seen.Report)
	}
	return seen, err
}

// capacity measures the throughput in req/s of a closed loop with the case's
// connections, under its law without stops.
func (b Bench) capacity(ctx context.Context, c Case, law lawserver.Law) (float64, error) {
	law.Stall, law.Stamps = nil, 0
	if err := b.Server.SetLaw(law); err != nil {
		return 0, err
	}
	closed := closedPhase(cmp.Or(b.CapacityWindow, defaultCapacityWindow))
	report, err := b.load(ctx, b.complete(spec(c.Load(1).Connections, closed)), nil)
	if err != nil {
		return 0, err
	}
	p := report.Phase(phaseName)
	if p == nil || p.Total.Completed == 0 {
		return 0, errors.New("the closed loop completed nothing")
	}
	return p.ThroughputRPS(), nil
}

// complete adds the bench's target, threads and idle strategy.
func (b Bench) complete(s loaders.Spec) loaders.Spec {
	s.Target = loaders.Target{Network: "tcp", Address: b.Server.Address(), Host: b.Server.Address()}
	s.Threads, s.CPUs, s.Idle = b.Threads, b.CPUs, b.Idle
	return s.WithDefaults()
}

// load runs the loader. The law of a case that stops the server is set again with
// the instant of the window; c is nil for no case.
func (b Bench) load(ctx context.Context, s loaders.Spec, c Case) (results.Report, error) {
	steer := &steering{server: b.Server, timed: c, lead: int64(s.Phases[0].Lead)}
	if c != nil && c.Law(0).Stall == nil {
		steer.timed = nil
	}
	report, err := b.Loader.Run(ctx, s, steer)
	switch {
	case err != nil:
		return report, err
	case ctx.Err() != nil:
		return report, context.Cause(ctx)
	case report.Interrupted:
		return report, errors.New("the load was interrupted")
	case steer.timed != nil && report.Phases[0].T0NS != steer.t0:
		return report, fmt.Errorf("the window opened %v late: the machine is too busy, run again",
			time.Duration(report.Phases[0].T0NS-steer.t0))
	}
	return report, nil
}

// steering starts the load. It sets the law of a timed case to the window.
type steering struct {
	server Subject
	timed  Case // nil for none
	lead   int64
	// t0 is the instant at which the window must open.
	t0 int64
}

var _ loaders.Control = (*steering)(nil)

func (s *steering) Ready(_ context.Context, r loaders.Ready) (int64, error) {
	if r.Connections == 0 {
		return 0, &loaders.ConnectError{Cause: r.Cause, Err: errors.New(r.FirstError)}
	}
	if s.timed == nil {
		return clock.Now(), nil
	}
	at := clock.Now() + int64(startAhead)
	s.t0 = at + s.lead
	return at, s.server.SetLaw(s.timed.Law(s.t0))
}

func (s *steering) Window(loaders.Window)       {}
func (s *steering) Interval(loaders.Interval)   {}
func (s *steering) PhaseDone(loaders.PhaseDone) {}

func (s *steering) Adjust(_ context.Context, phase string) (loaders.Adjustment, error) {
	return loaders.Adjustment{}, fmt.Errorf("phase %q has its rate already", phase)
}
