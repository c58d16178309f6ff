package core

import (
	"cmp"
	"crypto/tls"
	"math"
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
	// readBuffer is the size of a thread's read buffer in bytes: one read
	// takes what a 64 KiB answer has brought.
	readBuffer = 256 << 10
	// scanStep is the coarseness of timeouts and retries, in nanoseconds.
	scanStep = int64(10e6)
)

// load is shared by all threads of one load. Only stop changes after newSession.
type load struct {
	spec     *loaders.Spec
	system   *backend.System
	protocol codec.Protocol
	requests []codec.Request
	// programs has the steps of the requests that are exchanges, nil where no
	// request is one.
	programs [][]instruction
	// tls is nil for plain text.
	tls *tls.Config
	// stop is the instant at which the load was told to end early, 0 for none.
	stop atomic.Int64
}

// live are figures that other goroutines read while a thread runs.
type live struct {
	completed, failed, bytes atomic.Uint64
	open                     atomic.Int64
}

// shard is the loop of one loader thread: its connections, users and records. Only
// its own goroutine touches it while it runs.
type shard struct {
	*load
	id     int
	live   live
	loop   backend.Loop
	source source.Source
	conns  []connection
	timers
	// idle holds the connections that can take a request, longest idle first.
	idle queue
	// buf is for reads, scratch for writes of several pieces.
	buf, scratch []byte
	handshakes   handshakes
	links
	tally
	attention
	current
}

// timers are when the connections of a thread have something to do.
type timers struct {
	// deadlines has, a connection, when its state has lasted too long: the
	// oldest request's timeout, the connect timeout, or the time of the next
	// attempt. Packed, so that ten thousand are scanned in microseconds.
	deadlines []int64
	nextScan  int64
	pauses    pauses
}

// links is what a thread knows of its connections.
type links struct {
	// connect and shakes are the times to connect and to shake hands.
	connect, shakes record.Histogram
	connectError    error
	connectCause    results.Cause
	// endsBehind is true where the thread looks for the end of the stream behind
	// each answer: once the server has ended one there unannounced, or from the
	// start where the loop's events do not tell of it.
	endsBehind bool
	open       int
}

// tally counts since the thread began; movedBefore is the bytes of earlier
// phases.
type tally struct {
	completed, failed, movedBefore uint64
}

// current belongs to the phase that runs.
type current struct {
	phase    *phase
	out      outcome
	inFlight int
	window
	pace
}

// window is where the thread is in its phase.
type window struct {
	// end is when the drain is given up.
	end     int64
	started bool
	sending bool
	stopped bool
	// nextMark is when the window's next end is due, never behind both;
	// windowOpen is true when the first was marked.
	nextMark   int64
	windowOpen bool
	// patient is false once the load was told to end: nothing is awaited beyond
	// the drain bound then.
	patient bool
}

// newShard makes the shard of that number; main runs it.
func newShard(shared *load, id int) (*shard, error) {
	spec := shared.spec
	users := share(spec.Connections, spec.Threads, id)
	src, err := source.New(spec.Requests, spec.Rotation, users, id, spec.Seed)
	if err != nil {
		return nil, err
	}
	loop, err := shared.system.NewLoop(spec, users)
	if err != nil {
		return nil, err
	}
	s := &shard{
		load: shared, id: id, loop: loop, source: src,
		conns:      make([]connection, users),
		timers:     timers{deadlines: make([]int64, users)},
		idle:       newQueue(users),
		buf:        make([]byte, readBuffer),
		handshakes: handshakes{places: make(chan struct{}, handshakesAtOnce)},
		links:      links{endsBehind: !shared.system.TellsEnds},
		current:    current{window: window{nextMark: never}, pace: pace{quota: never}},
	}
	rings := make([]record.Exchange, users*spec.Depth)
	newCodec := shared.protocol.Shard(shared.programs != nil)
	for i := range s.conns {
		c := &s.conns[i]
		c.id, c.codec = int32(i), newCodec()
		c.ring = rings[i*spec.Depth : (i+1)*spec.Depth : (i+1)*spec.Depth]
	}
	s.out.Groups = make([]record.Group, len(shared.requests))
	open := false
	for i := range spec.Phases {
		open = open || spec.Phases[i].Loop == results.OpenLoop
	}
	s.out.Reserve(open)
	return s, nil
}

// share splits n over the threads; the first threads take the remainder.
func share(n, threads, thread int) int {
	users := n / threads
	if thread < n%threads {
		users++
	}
	return users
}

// main is the life of the thread: pin, connect, run the phases that come, and
// close everything.
func (s *shard) main(cpu int, connected chan<- error, phases <-chan *phase, done chan<- *outcome) {
	defer s.close()
	if err := s.loop.Enter(cpu); err != nil {
		connected <- err
		return
	}
	connected <- s.connectAll()
	for p := range phases {
		s.out.err = s.run(p)
		done <- &s.out
	}
}

// close ends every connection, and the loop.
func (s *shard) close() {
	for i := range s.conns {
		if c := &s.conns[i]; c.state == stateShaking {
			c.io.Interrupt()
		}
	}
	s.handshakes.running.Wait()
	for i := range s.conns {
		if c := &s.conns[i]; c.io != nil {
			c.io.Close(false)
		}
	}
	s.loop.Close()
}

// run is one phase, from its first request until nothing is in flight.
func (s *shard) run(p *phase) error {
	s.begin(p)
	for {
		now := clock.Now()
		s.out.now.loops++
		s.account(now)
		if !s.stopped {
			if at := cmp.Or(s.stop.Load(), p.settled.Load()); at != 0 {
				s.stopEarly(at, now)
			}
		}
		if now >= s.nextMark {
			s.mark(now)
		}
		if !s.started && now >= p.begin {
			s.start()
		}
		if p.shedAfter > 0 {
			s.shedLate(now)
		}
		if s.quota == 0 && s.inFlight == 0 && s.nextMark != never {
			s.exhausted(now)
		}
		if s.finished(now) {
			break
		}
		if err := s.turn(now); err != nil {
			return err
		}
	}
	s.abandon()
	if err := s.listen(); err != nil {
		return err
	}
	s.phase, s.sending, s.quota = nil, false, never
	for i := range s.conns {
		s.offer(&s.conns[i]) // what a count kept out of the queue
	}
	return s.settle()
}

// begin sets the thread up for a phase.
func (s *shard) begin(p *phase) {
	s.movedBefore += s.moved()
	s.out.Reset(record.Window{Loop: p.loop, T0: p.t0, T1: p.t1})
	s.out = outcome{Phase: s.out.Phase, thread: s.id}
	s.phase = p
	s.window = window{end: p.end, nextMark: p.t0, patient: true}
	s.pace = newPace(p, s.id, s.spec)
	s.spunFrom, s.busyFrom = 0, 0
	s.out.minOpen = s.open
}

// start lets the load flow. A closed loop whose window is over already, on a
// machine that stalls, has nothing to ask.
func (s *shard) start() {
	s.started, s.sending = true, s.nextMark != never
	if s.phase.loop != results.ClosedLoop || !s.sending {
		return
	}
	for n := s.idle.len(); n > 0; n-- {
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
	case s.inFlight == 0 && s.due == never:
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

// turn waits for events by the idle strategy, handles them and sends what is
// due. Connections that end come first, so that nothing is sent on them.
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

// moved is the number of bytes that the thread has moved in this phase, both
// ways.
func (s *shard) moved() uint64 { return s.out.now.traffic.Sent + s.out.now.traffic.Received }

// publish refreshes the live figures.
func (s *shard) publish() {
	s.live.completed.Store(s.completed)
	s.live.failed.Store(s.failed)
	s.live.bytes.Store(s.movedBefore + s.moved())
	s.live.open.Store(int64(s.open))
}
