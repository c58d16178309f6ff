// Package portable is the load engine for any system: goroutines on net.Conn,
// with the codec, the records and the accounting of the event loops. It paces
// as well as Go's timers do, about a millisecond, and costs more per request;
// it counts as exactly.
package portable

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/loaders/wire"
	"github.com/joust-bench/joust/results"
)

// Name is how reports name this engine.
const Name = "joust portable"

// Engine is the goroutine-per-connection engine. The zero Engine is ready.
type Engine struct{}

var _ loaders.Loader = Engine{}

// Run implements loaders.Loader.
func (Engine) Run(ctx context.Context, spec loaders.Spec, control loaders.Control) (results.Report, error) {
	spec = spec.WithDefaults()
	if err := spec.Validate(); err != nil {
		return results.Report{}, fmt.Errorf("load specification: %w", err)
	}
	s, err := newSession(spec)
	if err != nil {
		return results.Report{}, err
	}
	defer s.close()
	release := context.AfterFunc(ctx, s.halt)
	defer release()
	if err := s.connect(); err != nil && ctx.Err() == nil {
		return results.Report{}, err
	}
	return s.run(ctx, control)
}

// work is what all shards of a load share; nobody writes to it.
type work struct {
	spec     *loaders.Spec
	requests []wire.Request
	answers  []wire.Answer
	// life ends when the load does, and with it every attempt to connect.
	life context.Context
}

// session is one load: the shards and what they share.
type session struct {
	*work
	shards  []*shard
	end     context.CancelFunc
	before  debug.GCStats
	lastRPS float64
}

func newSession(spec loaders.Spec) (*session, error) {
	if spec.Target.Network != "unix" {
		if _, err := loaders.ParseAddress(spec.Target.Address); err != nil {
			return nil, err
		}
	}
	w := &work{spec: &spec}
	bodies := wire.NewBodies()
	for i := range spec.Requests {
		r, err := bodies.Compile(&spec.Requests[i], spec.Target.Host)
		if err != nil {
			return nil, err
		}
		w.requests = append(w.requests, r)
		w.answers = append(w.answers, bodies.CompileAnswer(&spec.Requests[i]))
	}
	s := &session{work: w}
	debug.ReadGCStats(&s.before)
	for id := range spec.Threads {
		shard, err := newShard(w, id)
		if err != nil {
			return nil, err
		}
		s.shards = append(s.shards, shard)
	}
	w.life, s.end = context.WithCancel(context.Background())
	return s, nil
}

// each runs f for every shard at once and waits for all.
func (s *session) each(f func(*shard)) {
	done := make(chan struct{})
	for _, sh := range s.shards {
		go func() { f(sh); done <- struct{}{} }()
	}
	for range s.shards {
		<-done
	}
}

// connect waits until the connections are up. When none is, the error is a
// *loaders.ConnectError.
func (s *session) connect() error {
	s.each((*shard).connectAll)
	reached, cause, err := s.state()
	if reached == 0 && err != nil {
		return &loaders.ConnectError{Cause: cause, Err: err}
	}
	return nil
}

// state is how many connections were open once, and the first failure to connect.
func (s *session) state() (reached int, cause results.Cause, err error) {
	for _, sh := range s.shards {
		sh.mu.Lock()
		reached += sh.reached()
		if err == nil {
			cause, err = sh.connectCause, sh.connectError
		}
		sh.mu.Unlock()
	}
	return reached, cause, err
}

// halt tells every shard that the load ends early, now.
func (s *session) halt() {
	at := clock.Now()
	for _, sh := range s.shards {
		sh.mu.Lock()
		sh.halted = true
		sh.stopEarly(at)
		sh.release()
	}
}

// endPhase ends the phase that runs at the instant.
func (s *session) endPhase(at int64) {
	for _, sh := range s.shards {
		sh.mu.Lock()
		sh.stopEarly(at)
		sh.release()
	}
}

// close ends every connection and waits for all goroutines.
func (s *session) close() {
	s.end()
	for _, sh := range s.shards {
		sh.close()
	}
}

// run is the ladder.
func (s *session) run(ctx context.Context, control loaders.Control) (results.Report, error) {
	reached, cause, first := s.state()
	report := results.Report{
		Loader: Name, Target: s.spec.Target.Address, Protocol: string(s.spec.Protocol),
		Seed: s.spec.Seed, Threads: s.spec.Threads, Depth: s.spec.Depth,
		IdleStrategy: string(loaders.Wait), SendBufferBytes: s.spec.SendBuffer, ConnectionsAsked: s.spec.Connections, ConnectionsOpen: reached,
	}
	if len(s.spec.CPUs) > 0 {
		report.Warnings = append(report.Warnings, "the portable engine does not pin its threads to processors")
	}
	ready := loaders.Ready{Connections: reached, Asked: s.spec.Connections, ClockNS: clock.Now(), Cause: cause}
	if first != nil {
		ready.FirstError = first.Error()
	}
	startAt, err := control.Ready(ctx, ready)
	if err != nil && ctx.Err() == nil {
		return report, fmt.Errorf("waiting for the start of the load: %w", err)
	}
	for i := range s.spec.Phases {
		if ctx.Err() != nil {
			break
		}
		p, err := s.phase(ctx, &s.spec.Phases[i], startAt, control)
		if err != nil {
			return report, err
		}
		report.Phases = append(report.Phases, p)
	}
	report.Interrupted = ctx.Err() != nil
	return report, s.finish(&report)
}

// phase asks for the rate where it is open, runs the phase and tells its end.
func (s *session) phase(ctx context.Context, p *loaders.Phase, startAt int64, control loaders.Control) (results.Phase, error) {
	result := p.Echo()
	rate := p.RateRPS
	if p.Adjust {
		a, err := control.Adjust(ctx, p.Name)
		switch {
		case ctx.Err() != nil:
			result.Skipped = "interrupted"
			return result, nil
		case err != nil:
			return result, fmt.Errorf("waiting for the rate of phase %q: %w", p.Name, err)
		case a.Skip != "":
			result.Skipped = a.Skip
			return result, nil
		}
		adjusted := a.Apply(*p)
		p, rate = &adjusted, a.RateRPS
	}
	on, err := s.plan(p, rate, startAt)
	if err != nil {
		return result, err
	}
	control.Window(loaders.Window{Phase: p.Name, T0NS: on.t0, T1NS: on.t1, Measured: p.Measured, RateRPS: rate})
	if p.Loop == results.OpenLoop {
		result.Rate = &results.RateReport{TargetRPS: rate}
	}
	settled := record.UntilSteady(p, on.t0, s.interval, s.endPhase)
	s.execute(ctx, on, p.Name, control, &result)
	result.Steadiness = settled()
	if err := s.merge(&result); err != nil {
		return result, err
	}
	done := s.phaseDone(&result)
	if p.Tell {
		done.Result = &result
	}
	if p.Loop == results.ClosedLoop {
		s.lastRPS = done.ThroughputRPS
	}
	control.PhaseDone(done)
	return result, nil
}

// plan puts the phase on the clock.
func (s *session) plan(p *loaders.Phase, rate float64, startAt int64) (*phase, error) {
	at := record.PlanPhase(p, startAt, clock.Now()+int64(2*time.Millisecond), int64(s.spec.Drain), s.lastRPS)
	on := &phase{
		loop: p.Loop, begin: at.Begin, t0: at.T0, t1: at.T1, end: at.End,
		drain: min(s.spec.Drain, loaders.MaxDrain), thinkSpin: int64(p.ThinkSpin),
	}
	if p.Loop == results.OpenLoop {
		schedule, err := record.NewSchedule(p, at, rate)
		if err != nil {
			return nil, fmt.Errorf("phase %q: %w", p.Name, err)
		}
		on.schedule = schedule
	}
	return on, nil
}
