package core

import (
	"cmp"
	"crypto/tls"
	"math"
	"slices"
	"sync/atomic"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
)

const (
	// never is later than every instant.
	never = int64(math.MaxInt64)
	// readBuffer is the size of a thread's read buffer in bytes, several times that of
	// a 64 KiB answer.
	readBuffer = 256 << 10
	// scanStep is the coarseness of timeouts and retries, in nanoseconds.
	scanStep = int64(10e6)
)

// load is shared by all threads of one load. Only stop changes after newSession.
type load struct {
	spec     *loaders.Spec
	system   *backend.System
	protocol codec.Protocol
	// newSource makes the source of each thread; population is how many users share
	// the connections in closed loops, 0 where each connection is a user.
	newSource  source.New
	population int
	// exchanges are the programs of the Spec's requests, nil where each is sent
	// whole and then awaited.
	exchanges []*program
	// tls is nil for plain text.
	tls *tls.Config
	// routes are the ways to the targets by number, nil where there is one.
	routes []route
	// idsFrom is the first number of request ids that no earlier team has given.
	idsFrom uint64
	// rows are the data rows, nil for none, and sets those of flows. generation counts the teams before this one.
	rows       *source.Rows
	sets       []*source.Rows
	generation uint64
	// stop is the instant at which the load ends early, 0 for none.
	stop atomic.Int64
}

// live are figures that other goroutines read while a thread runs.
type live struct {
	completed, failed, bytes atomic.Uint64
	open                     atomic.Int64
	// gone is the instant since which no connection is open and attempts to connect
	// fail, 0 while one is open or no attempt has failed.
	gone atomic.Int64
	// retired counts the users who have no request any more.
	retired atomic.Int64
}

// shard is the loop of one loader thread: its connections, users and records. Only
// its own goroutine touches it while it runs.
type shard struct {
	*load
	id    int
	live  live
	loop  backend.Loop
	conns []connection
	timers
	// buf is for reads, scratch for writes of several pieces.
	buf, scratch []byte
	// segments is nil where windows have none.
	segments *segments
	demand
	walking
	links
	totals
	attention
	current
}

// timers are the instants at which connections of a thread need attention.
type timers struct {
	// deadlines holds the end of each connection's state: the timeout of the oldest
	// request or of the connect, or the next attempt. They are packed: ten thousand
	// are scanned in microseconds. At first each is 0: all connect at once.
	deadlines []int64
	nextScan  int64
	// pauses holds the ends of pauses in exchanges. Those of connections that went
	// down stay in it until they come.
	pauses turns
	// leaving are the connections whose exchanges are about to close them; left has the
	// memory of the last such list.
	leaving, left []int32
}

// links is the state of a thread's connections together.
type links struct {
	outside
	// idle holds the connections that can take a request, longest idle first. Where hosts
	// is not nil each host has a queue of its own in place of this one.
	idle ring[int32]
	// hosts is nil where all connections lead to one host.
	hosts *hosts
	// connect and shakes are the times to connect and to shake hands.
	connect, shakes record.Histogram
	connectError    error
	connectCause    results.Cause
	// endsBehind is true where the thread looks for the end of the stream behind each
	// answer: once the server has ended one there unannounced, or from the start where
	// the loop's events do not report it.
	endsBehind bool
	open       int
	// lostAt is the instant at which the last open connection ended.
	lostAt int64
}

// totals count since the thread began; movedBefore counts the bytes of earlier phases.
type totals struct {
	completed, failed, movedBefore uint64
}

// current belongs to the phase that runs.
type current struct {
	phase    *phase
	out      outcome
	inFlight int
	// answer is the codec's last event.
	answer codec.Answer
	// borrowing is true in a phase whose users share the connections; arriving is true
	// where it is an open loop, whose arrivals begin the iterations of users.
	borrowing, arriving bool
	// onDemand is true in an open loop in which the loader ends connections: each is made
	// for its first request, whose latency then includes the time to connect.
	onDemand bool
	wave     wave
	window
	pace
}

// window is the place of the thread in its phase.
type window struct {
	// end is the end of the drain.
	end     int64
	started bool
	// sending is true while a closed loop may send.
	sending bool
	stopped bool
	// nextMark is the next end of the window, never behind both; windowOpen is true
	// once the first was marked.
	nextMark   int64
	windowOpen bool
	// cutAt is the end of the last segment that has ended, 0 for none.
	cutAt int64
	// patient is false once the load ends early: nothing is awaited beyond the drain
	// bound then.
	patient bool
}

// newShard makes the shard of that number; main runs it.
func newShard(shared *load, id int) (*shard, error) {
	spec := shared.spec
	connections := share(spec.Connections, spec.Threads, id)
	s := &shard{
		load: shared, id: id,
		conns:    make([]connection, connections),
		timers:   timers{deadlines: make([]int64, connections)},
		buf:      make([]byte, readBuffer),
		segments: newSegments(spec),
		links:    links{outside: newOutside(), idle: ring[int32]{slots: make([]int32, connections)}, endsBehind: !shared.system.ReportsEnds},
		current:  current{window: window{nextMark: never}, pace: pace{quota: never}},
	}
	s.hosts = newHosts(shared.routes, s.conns)
	if err := s.demand.fill(shared, id, connections); err != nil {
		return nil, err
	}
	var err error
	if s.loop, err = shared.system.NewLoop(spec, connections); err != nil {
		return nil, err
	}
	slots := make([]flight, connections*spec.Depth)
	needs := codec.Needs{Heads: s.needs.Heads || s.programs != nil, Cookies: s.needs.Cookies, Bodies: s.needs.Body > 0 || s.streams}
	for i := range s.conns {
		c := &s.conns[i]
		c.id, c.codec = int32(i), s.codec.Conn(needs)
		if s.needs != (source.Needs{}) {
			c.view = &source.View{}
		}
		c.slots = slots[i*spec.Depth : (i+1)*spec.Depth : (i+1)*spec.Depth]
		if spec.Breakdown {
			c.steps = &steps{}
		}
	}
	s.out.Groups = make([]record.Group, len(s.groups))
	if s.walks != nil {
		s.walking = walking{paths: make([]path, len(s.waiting))}
		s.out.Walks = make([]record.Walk, len(s.walks.Flows()))
	}
	if spec.Breakdown {
		s.out.Breakdown = &record.Breakdown{}
	}
	open := func(p loaders.Phase) bool { return p.Loop == results.OpenLoop }
	s.out.Reserve(shared.population > 0 || slices.ContainsFunc(spec.Phases, open))
	return s, nil
}

// share splits n over the threads; the first threads take the remainder.
func share[N int | uint64](n, threads, thread N) N {
	part := n / threads
	if thread < n%threads {
		part++
	}
	return part
}

// main pins the thread, connects, runs the phases that come and closes everything.
func (s *shard) main(cpu int, connected chan<- error, phases <-chan *phase, done chan<- struct{}) {
	defer s.close()
	if err := s.loop.Enter(cpu); err != nil {
		connected <- err
		return
	}
	s.lostAt = clock.Now()
	connected <- s.settle()
	for p := range phases {
		s.out.err = s.run(p)
		done <- struct{}{}
	}
}

// close ends every connection and the loop.
func (s *shard) close() {
	for i := range s.conns {
		if c := &s.conns[i]; c.state == stateShaking {
			c.io.Interrupt()
		}
	}
	s.lookups.end()
	s.handshakes.running.Wait()
	s.lookups.running.Wait()
	for i := range s.conns {
		if c := &s.conns[i]; c.io != nil {
			c.io.Close(false)
		}
	}
	s.loop.Close()
}

// run makes the load of one phase, until nothing is in flight.
func (s *shard) run(p *phase) error {
	s.begin(p)
	for {
		now := clock.Now()
		s.out.now.loops++
		s.account(now)
		if !s.stopped {
			if at := cmp.Or(s.stop.Load(), p.ends.Load()); at != 0 {
				s.stopEarly(at, now)
			}
		}
		if now >= s.nextMark {
			s.mark(now)
		}
		if !s.started && now >= p.Begin {
			s.start()
		}
		if p.ShedAfter > 0 && p.Loop == results.OpenLoop {
			s.shedLate(now)
		}
		if s.inFlight == 0 && s.nextMark != never && (s.quota == 0 || s.borrowing && !s.arriving && len(s.waiting) == 0 && !s.hosts.waits()) {
			s.exhausted(now)
		}
		if s.finished(now) {
			break
		}
		if err := s.turn(now); err != nil {
			return err
		}
	}
	s.leaveWaves()
	s.giveUp()
	// An answer that no request asked for comes soon or never.
	if err := s.attend(clock.Now()+s.out.ListenNS(), func() bool { return false }); err != nil {
		return err
	}
	s.phase, s.sending, s.quota = nil, false, never
	s.dialAll()
	for i := range s.conns {
		s.offer(&s.conns[i]) // a quota that is used up kept it out of the queue
	}
	return s.settle()
}

// begin prepares the thread for a phase.
func (s *shard) begin(p *phase) {
	s.movedBefore += s.moved()
	s.borrowing = s.borrows(&p.Phase)
	s.arriving = s.borrowing && p.Loop == results.OpenLoop
	s.steps = s.arriving && s.spec.Flows.PaceSteps
	s.onDemand = p.Loop == results.OpenLoop && s.spec.Connection.Replaces(s.spec.Requests)
	s.out.Reset(record.Span{Loop: p.Loop, T0: p.T0, T1: p.T1, Users: s.borrowing && !s.arriving, Iterates: s.arriving && !s.steps})
	s.out = outcome{Ledger: s.out.Ledger}
	if s.segments != nil && p.Measured {
		s.out.Segment = s.segments.blank(p.T0)
	}
	s.phase, s.wave = p, wave{waves: p.waves}
	s.forgetSteps()
	s.hosts.reset()
	s.window = window{end: p.End, nextMark: p.T0, patient: true}
	s.pace = newPace(p, s.id, s.spec)
	s.spunFrom, s.busyFrom = 0, 0
	s.out.minOpen = s.open
	if s.borrowing {
		s.settleUsers(p)
	}
	if s.arriving {
		s.arrival, s.due = s.due, never
	}
}

// start begins to send. A closed loop asks nothing where its window is over already,
// on a machine that stalls.
func (s *shard) start() {
	s.started, s.sending = true, (s.phase.Loop == results.ClosedLoop || s.arriving) && s.nextMark != never
	if s.onDemand {
		s.closeAll()
	}
	switch {
	case s.onDemand && !s.arriving:
		return
	case !s.sending:
		return
	case s.wave.waves != nil:
		s.beginWave()
		return
	case s.borrowing:
		s.due = s.nextDue()
		return
	}
	for n := s.idle.count; n > 0; n-- {
		if c := s.takeIdle(); c != nil {
			s.refill(c)
		}
	}
}

// finished reports whether the phase has nothing left to do. Nothing is sent
// beyond the drain bound.
func (s *shard) finished(now int64) bool {
	switch {
	case s.nextMark != never:
		return false
	case s.inFlight == 0 && s.due == never && !s.hosts.waits():
		return true
	case now < s.end:
		return false
	}
	s.shed(now)
	last := s.end
	if s.patient {
		last = s.out.AwaitUntil(s.end, int64(s.spec.RequestTimeout))
	}
	return s.inFlight == 0 || s.lookedAt >= last
}

// turn waits for events by the idle strategy, handles them and sends what is due.
// Connections that end come first, lest something be sent on them.
func (s *shard) turn(now int64) error {
	events, err := s.await(now)
	if err != nil {
		return err
	}
	if len(events) > 0 {
		s.out.now.wakeups++
		for i := range events {
			if events[i].What&backend.Ended != 0 {
				s.handle(&events[i])
			}
		}
	}
	if len(s.pauses) > 0 {
		s.resume()
	}
	s.launchDue()
	for i := range events {
		if events[i].What&backend.Ended == 0 {
			s.handle(&events[i])
			s.launchDue()
		}
	}
	if len(s.leaving) > 0 {
		s.leave()
	}
	if s.sending && s.quota > 0 && s.wave.due() {
		s.beginWave()
	}
	if len(events) > 0 {
		s.publish()
	}
	// Deadlines come last: an answer that waited for a thread which stood still
	// is read before its request is given up.
	if s.lookedAt == now && now >= s.nextScan {
		s.scan(now)
	}
	return nil
}

// moved returns the number of bytes sent and received in this phase.
func (s *shard) moved() uint64 { return s.out.now.traffic.Sent + s.out.now.traffic.Received }

// publish refreshes the live figures.
func (s *shard) publish() {
	s.live.completed.Store(s.completed)
	s.live.failed.Store(s.failed)
	s.live.bytes.Store(s.movedBefore + s.moved())
	s.live.open.Store(int64(s.open))
}
