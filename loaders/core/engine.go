// Package core is the load engine: for each thread a loop over its connections,
// with a schedule, users and records of its own. It names no system call and no
// protocol: a backend reaches the servers, a codec speaks to them, a source chooses
// the requests. In plain text it allocates nothing per request.
package core

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/loaders/secure"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
)

// Engine makes load over one backend in one protocol. A process runs one load at a
// time, since it has one setting of the garbage collector.
type Engine struct {
	// System reaches the servers.
	System backend.System
	// Codec makes the protocol of the load.
	Codec codec.New
	// Source chooses the requests; nil takes those of the Spec. The users of any
	// other source share the connections in closed loops, as many as the connections
	// have places where the Spec names no users, unless Own makes each connection a user.
	Source source.New
	Own    bool
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
	restore := quietCollector(spec.Script != nil)
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

// quietCollector turns the garbage collector off, with a memory limit as guard,
// until restore is called. A script leaves garbage all the time, and the collector runs
// where that is ten times as large as what is kept: off, it would fill the memory up to the
// guard.
func quietCollector(scripted bool) (restore func()) {
	const guard = 4 << 30
	percent := -1
	if scripted {
		percent = 1000
	}
	percent = debug.SetGCPercent(percent)
	limit := debug.SetMemoryLimit(guard)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

// session is one load with its threads.
type session struct {
	*load
	// mu guards team, which halt reads from another goroutine.
	mu sync.Mutex
	*team
	// connects and handshakes are the times of the connections of earlier teams.
	connects, handshakes record.Histogram
	// before are the collector's counters at the start.
	before debug.GCStats
	// lastRPS is the throughput of the last closed loop, 0 before the first.
	lastRPS float64
	// began is the instant at which the load of the first phase began, 0 before.
	began int64
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
	l := &load{spec: &spec, system: &e.System, protocol: protocol, newSource: source.OfSpec, population: spec.Users, rows: source.NewRows(spec.Data), sets: source.NewSets(spec.Flows)}
	if e.Source != nil {
		l.newSource = e.Source
	}
	if e.Source != nil && !e.Own {
		l.population = cmp.Or(spec.Users, spec.Connections*spec.Depth)
	}
	if spec.TLS != nil {
		if l.tls, err = secure.Config(spec.TLS, spec.Target.Host, protocol.ALPN()); err != nil {
			return nil, err
		}
	}
	if l.routes, err = routesOf(&spec, protocol.ALPN()); err != nil {
		return nil, err
	}
	if l.exchanges, err = compilePrograms(&spec, protocol.Requests()); err != nil {
		return nil, err
	}
	s = &session{load: l}
	debug.ReadGCStats(&s.before)
	if s.team, err = newTeam(l); err != nil {
		return nil, err
	}
	return s, nil
}

// halt ends the load early, now.
func (s *session) halt() { s.end(&s.stop, clock.Now()) }

// end sets the instant at which the load or its phase ends early, and wakes the
// threads for it.
func (s *session) end(what *atomic.Int64, at int64) {
	what.Store(at)
	s.wake()
}

// wake wakes all threads.
func (s *session) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, thread := range s.shards {
		thread.loop.Wake()
	}
}

func (s *session) close() {
	s.disband()
	_ = s.protocol.Close() // the load is over, with or without its memory
}

// run makes the load of all phases.
func (s *session) run(ctx context.Context, control loaders.Control) (results.Report, error) {
	report := results.Report{
		Loader: s.system.Name, Target: s.spec.Target.Address, Protocol: string(s.spec.Protocol),
		Seed: s.spec.Seed, Threads: s.spec.Threads, Depth: s.spec.Depth, Users: s.spec.Users, Think: s.spec.Think.String(), UserRampNS: int64(s.spec.UserRamp),
		Follow: s.spec.Follow, RequestID: s.spec.RequestID, IdleStrategy: string(s.spec.Idle), SendBufferBytes: s.spec.SendBuffer, ConnectionsAsked: s.spec.Connections, ConnectionsOpen: s.reached,
	}
	if n := s.spec.CountRequests(); n > 1 && s.spec.Flows == nil {
		report.URLs, report.GroupedBy = n, s.spec.GroupedBy
	}
	if s.spec.LatencyFrom == loaders.FromConnect {
		report.LatencyFrom = string(loaders.FromConnect)
	}
	if len(s.spec.CPUs) > 0 && !s.system.Pins {
		report.Warnings = append(report.Warnings, "this engine does not pin its threads to processors")
	}
	ready := loaders.Ready{Connections: s.reached, Asked: s.spec.Connections}
	if cause, err := s.connectError(); err != nil {
		ready.FirstError, ready.Cause = err.Error(), cause
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
		if err := s.fewer(&p); err != nil && ctx.Err() == nil {
			return report, err
		}
		report.ConnectionsOpen = min(report.ConnectionsOpen, s.reached)
	}
	report.Interrupted = ctx.Err() != nil
	report.Data, report.DataSets = s.dataUse(), s.setUse()
	s.kept(&report)
	if s.spec.Threads < report.Threads {
		report.ThreadsUsed = s.spec.Threads
	}
	return report, s.finish(&report)
}

// phase asks for the rate where the Spec leaves it open, runs the phase and reports
// its end.
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
		result.RampToRPS = p.RampToRPS
	}
	runtime.GC()
	on, err := s.plan(p, rate, startAt)
	if err != nil {
		return result, err
	}
	control.Window(loaders.Window{Phase: p.Name, T0NS: on.T0, T1NS: on.T1, Measured: p.Measured, RateRPS: rate})
	if p.Loop == results.OpenLoop {
		result.Rate = &results.RateReport{TargetRPS: rate}
	}
	settled := record.UntilSteady(p, on.T0, s.interval, func(at int64) { s.end(&on.ends, at) })
	segments := s.newSegmenter(on)
	s.execute(on, control, &result, segments)
	if gone := s.goneFor(clock.Now()); gone >= evidentlyGone {
		result.GoneNS = gone
	}
	result.Steadiness = settled()
	if err := s.merge(&result, on); err != nil {
		return result, err
	}
	if err := segments.into(&result); err != nil {
		return result, err
	}
	if on.waves != nil {
		result.Waves = on.waves.whole
	}
	done := s.phaseDone(&result)
	if p.NeedsResult {
		done.Result = &result
	}
	if p.Loop == results.ClosedLoop {
		s.lastRPS = done.ThroughputRPS
	}
	control.PhaseDone(done)
	return result, nil
}

// plan returns the phase with its instants.
func (s *session) plan(p *loaders.Phase, rate float64, startAt int64) (*phase, error) {
	at := record.TimePhase(p, startAt, clock.Now()+int64(2*time.Millisecond), int64(s.spec.Drain), s.lastRPS)
	s.began = cmp.Or(s.began, at.Begin)
	on := &phase{Phase: *p, Timing: at, drain: min(s.spec.Drain, loaders.MaxDrain)}
	on.starts = starts{begin: s.began, over: int64(s.spec.UserRamp), users: s.population, index: p.Share.Index, of: max(1, p.Share.Of)}
	if s.spec.Connection.Together {
		on.waves = newWaves(len(s.shards), s.wake)
	}
	if p.Loop == results.OpenLoop {
		var err error
		if on.schedule, err = record.NewSchedule(p, at, rate); err != nil {
			return nil, fmt.Errorf("phase %q: %w", p.Name, err)
		}
	}
	return on, nil
}

// execute hands the phase to the threads and keeps the timeline until all threads
// have ended it.
func (s *session) execute(on *phase, control loaders.Control, result *results.Phase, segments *segmenter) {
	for i := range s.phases {
		s.phases[i] <- on
	}
	interval := time.NewTimer(clock.Until(on.T0))
	defer interval.Stop()
	var zero results.Interval
	latest := results.Interval{AtNS: on.T0}
	for ticks, done := int64(0), 0; done < len(s.shards); {
		select {
		case <-s.done:
			done++
		case <-interval.C:
			i := s.interval()
			i.Users = s.activeUsers(on, i.AtNS)
			if ticks == 0 {
				zero = i
			} else {
				i.Completed, i.Failed, i.Bytes = i.Completed-zero.Completed, i.Failed-zero.Failed, i.Bytes-zero.Bytes
				result.Timeline = append(result.Timeline, i)
				latest = i
				control.Interval(loaders.Interval{Phase: on.Name, Interval: i, Segment: segments.next()})
			}
			if s.goneFor(i.AtNS) >= int64(s.spec.ConnectTimeout) && on.ends.Load() == 0 {
				s.end(&on.ends, i.AtNS)
			}
			ticks++
			if next := on.T0 + ticks*int64(s.spec.Interval); next <= on.T1 {
				interval.Reset(clock.Until(next))
			}
		}
	}
	for last := segments.next(); last != nil; last = segments.next() {
		control.Interval(loaders.Interval{Phase: on.Name, Interval: latest, Segment: last})
	}
}

// evidentlyGone is the shortest time without a server, in nanoseconds, that is more than
// a connection that was refused by chance.
const evidentlyGone = int64(200e6)

// goneFor returns how long, until now, no thread had a connection open while attempts to
// connect failed; 0 where one has.
func (s *session) goneFor(now int64) int64 {
	since := int64(0)
	for _, thread := range s.shards {
		gone := thread.live.gone.Load()
		if gone == 0 {
			return 0
		}
		since = max(since, gone)
	}
	return max(0, now-since)
}

// interval returns the live figures of all threads together.
func (s *session) interval() results.Interval {
	i := results.Interval{AtNS: clock.Now()}
	for _, thread := range s.shards {
		i.Completed += thread.live.completed.Load()
		i.Failed += thread.live.failed.Load()
		i.Bytes += thread.live.bytes.Load()
		i.Open += int(thread.live.open.Load())
	}
	return i
}

// finish fills in the times to connect and the collector's work.
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
