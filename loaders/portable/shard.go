package portable

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/joust-bench/joust/loaders/arrival"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/loaders/wire"
	"github.com/joust-bench/joust/results"
)

const (
	// never is later than every instant.
	never = int64(math.MaxInt64)
	// scanStep is the coarseness of timeouts and retries, in nanoseconds.
	scanStep = int64(10e6)
	// longestSleep is how long the loop of the first shard sleeps at most inside
	// a phase, and timerSlack how late a timer of Go may be on a busy machine, both
	// in nanoseconds. A loop that comes back later than that was stopped.
	longestSleep = int64(10e6)
	timerSlack   = int64(4e6)
)

// phase is one phase as every shard gets it; it does not change. All instants
// are CLOCK_MONOTONIC nanoseconds: load flows from begin, [t0, t1) is the
// window, end is when the drain is given up.
type phase struct {
	loop               results.Loop
	begin, t0, t1, end int64
	drain              time.Duration
	schedule           arrival.Schedule
	thinkSpin          int64
}

// outcome is what one shard saw of a phase. now is cumulative over the phase;
// at0 and at1 are its values at the window's ends, cpu0 and cpu1 the process's
// CPU time then.
type outcome struct {
	record.Phase
	now, at0, at1 record.Traffic
	cpu0, cpu1    int64
	minOpen       int
}

// shard is a part of the connections with its own schedule and records. Its
// loop, and a reader and a writer for each connection, work on it in turn:
// whoever holds mu owns everything in it, and gives it back with release.
type shard struct {
	*work
	id int

	mu sync.Mutex
	// kick wakes the loop, which sleeps until asleep.
	kick    chan struct{}
	asleep  int64
	running sync.WaitGroup
	closed  bool
	halted  bool

	source source.Source
	memos  []wire.Memo
	users  []*user
	// idle holds the users that can take a request, longest idle first.
	idle     []*user
	nextScan int64

	connect      record.Histogram
	connectError error
	connectCause results.Cause
	open         int
	inFlight     int
	// completed, failed and moved count since the load began; moved is bytes
	// in both directions.
	completed, failed, moved uint64

	// out records the phase that runs, or what happens between two; ended is
	// the record of the last phase. They change places.
	out, ended *outcome
	phase      *phase
	end        int64
	started    bool
	sending    bool
	// drained is true from the drain bound on.
	drained  bool
	nextMark int64
	pace     pace
}

func newShard(w *work, id int) (*shard, error) {
	users := w.spec.Connections / w.spec.Threads
	if id < w.spec.Connections%w.spec.Threads {
		users++
	}
	src, err := source.New(w.spec.Requests, w.spec.Rotation, users, id, w.spec.Seed)
	if err != nil {
		return nil, err
	}
	s := &shard{
		work: w, id: id, kick: make(chan struct{}, 1), asleep: never, source: src,
		memos: make([]wire.Memo, len(w.requests)), nextScan: never, nextMark: never,
		out:   &outcome{Phase: *record.NewPhase(len(w.requests))},
		ended: &outcome{Phase: *record.NewPhase(len(w.requests))},
	}
	for i := range users {
		s.users = append(s.users, &user{id: i, deadline: never})
	}
	s.between()
	return s, nil
}

// between makes out ready for what happens outside phases: all of it lies
// before the window of the next.
func (s *shard) between() {
	s.out.Reset(record.Window{Loop: results.ClosedLoop, T0: never, T1: never})
	*s.out = outcome{Phase: s.out.Phase}
}

// run is one phase, from its first request until nothing is in flight.
func (s *shard) run(ctx context.Context, p *phase) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin(p)
	if ctx.Err() != nil {
		s.stopEarly(clock.Now())
	}
	for {
		now := clock.Now()
		s.mark(now)
		if !s.started && now >= p.begin {
			s.start()
		}
		if s.finished(now) {
			break
		}
		s.launch(now)
		s.scan(now)
		s.sleep(s.wake())
	}
	s.abandon()
	s.listen()
	s.phase, s.started, s.sending = nil, false, false
	s.settle()
	s.out, s.ended = s.ended, s.out
	s.between()
}

// begin sets the shard up for a phase.
func (s *shard) begin(p *phase) {
	s.out.Window = record.Window{Loop: p.loop, T0: p.t0, T1: p.t1}
	s.phase, s.end = p, p.end
	s.started, s.sending, s.drained = false, false, false
	s.nextMark = p.t0
	s.pace = newPace(p, s.id, s.spec.Threads, s.spec.Seed)
	s.out.minOpen = s.open
}

// start lets the load flow. A closed loop whose window is over already, on a
// machine that stalls, has nothing to ask.
func (s *shard) start() {
	s.started, s.sending = true, s.nextMark != never
	if s.phase.loop != results.ClosedLoop || !s.sending {
		return
	}
	for n := len(s.idle); n > 0; n-- {
		if u := s.takeIdle(); u != nil {
			s.refill(u)
		}
	}
}

// stopEarly ends the window at the instant, or at once an empty one that has
// not opened. What is due and not sent is not sent any more.
func (s *shard) stopEarly(at int64) {
	if s.phase == nil {
		return
	}
	w := &s.out.Window
	w.T0, w.T1 = min(w.T0, at), min(w.T1, at)
	s.end = min(s.end, at+int64(s.phase.drain))
	s.nextMark = min(s.nextMark, at)
	s.mark(clock.Now())
	s.shed(at)
}

// shed gives up what is due and unsent.
func (s *shard) shed(now int64) {
	for ; s.pace.due < s.out.Window.T1; s.pace.advance() {
		s.out.Unsent(s.pace.due, now)
	}
	s.pace.due = never
}

// mark takes the readings that stand at the window's ends, when they are due.
func (s *shard) mark(now int64) {
	if now < s.nextMark || s.nextMark == never {
		return
	}
	o := s.out
	if o.cpu0 == 0 {
		o.at0, o.cpu0, o.minOpen = o.now, max(1, cpuTime()), s.open
		o.BacklogT0 = s.pace.backlog(o.Window.T0)
		o.Offered = s.pace.intended
		s.nextMark = o.Window.T1
	}
	if now < o.Window.T1 {
		return
	}
	o.at1, o.cpu1 = o.now, max(1, cpuTime())
	o.BacklogT1 = s.pace.backlog(o.Window.T1)
	o.Offered = s.pace.intended - o.Offered
	s.nextMark = never
	if s.phase.loop == results.ClosedLoop {
		s.sending = false
	}
}

// finished reports whether the phase has nothing left to do. Nothing is sent
// beyond the drain bound; nothing is awaited beyond it once the load was told to
// end.
func (s *shard) finished(now int64) bool {
	switch {
	case s.nextMark != never:
		return false
	case s.inFlight == 0 && s.pace.due == never:
		return true
	case now < s.end:
		return false
	}
	s.drained = true
	s.shed(now)
	return s.inFlight == 0 || s.halted || now >= s.awaitUntil()
}

// awaitUntil is until when the requests in flight are awaited.
func (s *shard) awaitUntil() int64 { return s.out.AwaitUntil(s.end, int64(s.spec.RequestTimeout)) }

// listen waits, once nothing is in flight any more, for answers that nobody
// asked for. The readers find them.
func (s *shard) listen() {
	for until := clock.Now() + s.out.ListenNS(); !s.halted; {
		now := clock.Now()
		if now >= until {
			return
		}
		s.scan(now)
		s.sleep(min(s.nextScan, until))
	}
}

// wake is when the loop has something to do next.
func (s *shard) wake() int64 {
	if s.phase == nil {
		return s.nextScan
	}
	at := min(s.nextScan, s.nextMark)
	if s.nextMark == never {
		switch {
		case s.finished(0), s.drained && s.halted:
			return 0
		case s.drained:
			at = min(at, s.awaitUntil())
		default:
			at = min(at, s.end)
		}
	}
	switch {
	case !s.started:
		at = min(at, s.phase.begin)
	case len(s.idle) > 0:
		at = min(at, s.pace.due)
	}
	return at
}

// release gives the shard back and wakes its loop when that must act sooner
// than it meant to.
func (s *shard) release() {
	if s.asleep != never && (s.phase == nil || s.wake() < s.asleep) {
		select {
		case s.kick <- struct{}{}:
		default:
		}
	}
	s.mu.Unlock()
}

// sleep lets others have the shard until the instant, or until one of them
// has given the loop something to do.
//
// The process stops as a whole, so one shard watches for all.
func (s *shard) sleep(until int64) {
	watches := s.id == 0 && s.phase != nil
	if watches {
		until = min(until, clock.Now()+longestSleep)
	}
	s.asleep = min(until, never-1)
	s.mu.Unlock()
	if d := clock.Until(until); d > 0 {
		timer := time.NewTimer(d)
		select {
		case <-timer.C:
		case <-s.kick:
		}
		timer.Stop()
	}
	awake := clock.Now()
	s.mu.Lock()
	s.asleep = never
	if late := awake - until; watches && late > timerSlack {
		s.out.Gap(awake, late, timerSlack)
	}
}

// abandon gives up what the drain bound left behind, replaces its connections
// and accounts for what was never sent and for connections that wait.
func (s *shard) abandon() {
	now := clock.Now()
	for _, u := range s.users {
		s.waited(u, now)
		if len(u.flights) == 0 {
			continue
		}
		for ; len(u.flights) > 0; s.pop(u) {
			s.out.Abandoned(&u.flights[0].Exchange, now)
		}
		s.drop(u)
		s.setDeadline(u, now)
	}
	s.shed(now)
}
