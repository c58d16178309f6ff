// Package core is the load engine: for each thread a loop over its connections,
// with a schedule, records and accounts of its own. It names no system call and
// no protocol: a backend reaches the servers, a codec speaks to them. Nothing is
// allocated per request in plain text.
package core

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/loaders/secure"
	"github.com/joust-bench/joust/results"
)

// Engine makes load over one backend in one protocol. One load runs at a time in
// a process, since the collector's settings are the process's.
type Engine struct {
	// System reaches the servers.
	System backend.System
	// Codec makes the protocol that the load speaks.
	Codec codec.New
}

var _ loaders.Loader = Engine{}

// Run implements loaders.Loader.
func (e Engine) Run(ctx context.Context, spec loaders.Spec, control loaders.Control) (results.Report, error) {
	spec = spec.WithDefaults()
	if err := spec.Validate(); err != nil {
		return results.Report{}, fmt.Errorf("load specification: %w", err)
	}
	if e.System.Sleeps {
		spec.Idle = loaders.Wait
	}
	restore := quietCollector()
	defer restore()
	s, err := e.newSession(spec)
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

// quietCollector turns the collector off while load runs, with a memory limit
// as guard, and gives the threads room beside the scheduler's own.
func quietCollector() (restore func()) {
	const guard = 4 << 30
	percent := debug.SetGCPercent(-1)
	limit := debug.SetMemoryLimit(guard)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

// session is one load: the threads and what they share.
type session struct {
	*work
	// mu guards team, which halt reads from another goroutine.
	mu sync.Mutex
	*team
	// connects and handshakes are the times of connections of earlier teams.
	connects, handshakes record.Histogram
	before               debug.GCStats
	lastRPS              float64
}

func (e Engine) newSession(spec loaders.Spec) (s *session, err error) {
	protocol, err := e.Codec(&spec)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, protocol.Close())
		}
	}()
	w := &work{spec: &spec, system: &e.System, protocol: protocol, requests: protocol.Requests()}
	if spec.TLS != nil {
		if w.tls, err = secure.Config(spec.TLS, spec.Target.Host, protocol.ALPN()); err != nil {
			return nil, err
		}
	}
	if w.programs, err = compilePrograms(&spec, w.requests); err != nil {
		return nil, err
	}
	s = &session{work: w}
	debug.ReadGCStats(&s.before)
	if s.team, err = newTeam(w); err != nil {
		return nil, err
	}
	return s, nil
}

// halt tells every thread that the load ends early, now.
func (s *session) halt() { s.end(&s.stop, clock.Now()) }

// end sets the instant at which the load or its phase ends early, and lets the
// threads notice.
func (s *session) end(what *atomic.Int64, at int64) {
	what.Store(at)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.workers {
		w.loop.Wake()
	}
}

func (s *session) close() {
	s.disband()
	// Nothing can be done about memory that is not given back.
	_ = s.protocol.Close()
}

// run is the ladder.
func (s *session) run(ctx context.Context, control loaders.Control) (results.Report, error) {
	report := results.Report{
		Loader: s.system.Name, Target: s.spec.Target.Address, Protocol: string(s.spec.Protocol),
		Seed: s.spec.Seed, Threads: s.spec.Threads, Depth: s.spec.Depth,
		IdleStrategy: string(s.spec.Idle), SendBufferBytes: s.spec.SendBuffer, ConnectionsAsked: s.spec.Connections, ConnectionsOpen: s.reached,
	}
	if len(s.spec.CPUs) > 0 && !s.system.Pins {
		report.Warnings = append(report.Warnings, "this engine does not pin its threads to processors")
	}
	startAt, err := control.Ready(ctx, s.ready(report.ConnectionsOpen))
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
		if err := s.fewer(&p); err != nil && ctx.Err() == nil {
			return report, err
		}
		report.ConnectionsOpen = min(report.ConnectionsOpen, s.reached)
	}
	report.Interrupted = ctx.Err() != nil
	if s.spec.Threads < report.Threads {
		report.ThreadsUsed = s.spec.Threads
	}
	return report, s.finish(&report)
}

func (s *session) ready(open int) loaders.Ready {
	r := loaders.Ready{Connections: open, Asked: s.spec.Connections}
	for _, w := range s.workers {
		if w.connectError != nil {
			r.FirstError, r.Cause = w.connectError.Error(), w.connectCause
			break
		}
	}
	return r
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
	runtime.GC()
	on, err := s.plan(p, rate, startAt)
	if err != nil {
		return result, err
	}
	control.Window(loaders.Window{Phase: p.Name, T0NS: on.t0, T1NS: on.t1, Measured: p.Measured, RateRPS: rate})
	if p.Loop == results.OpenLoop {
		result.Rate = &results.RateReport{TargetRPS: rate}
	}
	settled := record.UntilSteady(p, on.t0, s.interval, func(at int64) { s.end(&on.settled, at) })
	outcomes := s.execute(on, p.Name, control, &result)
	result.Steadiness = settled()
	if err := s.merge(&result, on, outcomes); err != nil {
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
	at := record.TimePhase(p, startAt, clock.Now()+int64(2*time.Millisecond), int64(s.spec.Drain), s.lastRPS)
	on := &phase{
		loop: p.Loop, begin: at.Begin, t0: at.T0, t1: at.T1, end: at.End,
		drain: min(s.spec.Drain, loaders.MaxDrain), thinkSpin: int64(p.ThinkSpin),
		shedAfter: int64(p.ShedAfter), count: p.Count,
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

// execute hands the phase to the threads and keeps the timeline until all have
// ended it.
func (s *session) execute(on *phase, name string, control loaders.Control, result *results.Phase) []*outcome {
	for i := range s.phases {
		s.phases[i] <- on
	}
	var outcomes []*outcome
	interval := time.NewTimer(clock.Until(on.t0))
	defer interval.Stop()
	var zero results.Interval
	for ticks := int64(0); len(outcomes) < len(s.workers); {
		select {
		case o := <-s.done:
			outcomes = append(outcomes, o)
		case <-interval.C:
			i := s.interval()
			if ticks == 0 {
				zero = i
			} else {
				i.Completed, i.Failed, i.Bytes = i.Completed-zero.Completed, i.Failed-zero.Failed, i.Bytes-zero.Bytes
				result.Timeline = append(result.Timeline, i)
				control.Interval(loaders.Interval{Phase: name, Interval: i})
			}
			ticks++
			if next := on.t0 + ticks*int64(s.spec.Interval); next <= on.t1 {
				interval.Reset(clock.Until(next))
			}
		}
	}
	slices.SortFunc(outcomes, func(a, b *outcome) int { return a.thread - b.thread })
	return outcomes
}

// interval is the live figures of all threads together.
func (s *session) interval() results.Interval {
	i := results.Interval{AtNS: clock.Now()}
	for _, w := range s.workers {
		i.Completed += w.live.completed.Load()
		i.Failed += w.live.failed.Load()
		i.Bytes += w.live.bytes.Load()
		i.Open += int(w.live.open.Load())
	}
	return i
}

// finish fills in what is known at the end.
func (s *session) finish(report *results.Report) error {
	s.keepTimes()
	var errs [2]error
	report.Connect, errs[0] = s.connects.Result()
	report.TLSHandshake, errs[1] = s.handshakes.Result()
	var after debug.GCStats
	debug.ReadGCStats(&after)
	report.Collections = uint32(after.NumGC - s.before.NumGC)
	report.GCPauseNS = int64(after.PauseTotal - s.before.PauseTotal)
	return errors.Join(errs[:]...)
}
