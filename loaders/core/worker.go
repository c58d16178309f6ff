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

// work is what all threads of a load share. Nobody writes to it, stop apart.
type work struct {
	spec     *loaders.Spec
	system   *backend.System
	protocol codec.Protocol
	requests []codec.Request
	// programs has the steps of the requests that are exchanges, nil where no
	// request is one.
	programs [][]step
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

// worker is one loader thread: its connections, its loop, its records. Only
// its own goroutine touches it while it runs.
type worker struct {
	*work
	id     int
	live   live
	loop   backend.Loop
	source source.Source
	conns  []conn
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

// newWorker makes the thread of that number; main runs it.
func newWorker(shared *work, id int) (*worker, error) {
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
	w := &worker{
		work: shared, id: id, loop: loop, source: src,
		conns:      make([]conn, users),
		timers:     timers{deadlines: make([]int64, users)},
		idle:       newQueue(users),
		buf:        make([]byte, readBuffer),
		handshakes: handshakes{places: make(chan struct{}, handshakesAtOnce)},
		links:      links{endsBehind: !shared.system.TellsEnds},
		current:    current{window: window{nextMark: never}, pace: pace{quota: never}},
	}
	rings := make([]record.Exchange, users*spec.Depth)
	newCodec := shared.protocol.Shard(shared.programs != nil)
	for i := range w.conns {
		c := &w.conns[i]
		c.id, c.codec = int32(i), newCodec()
		c.ring = rings[i*spec.Depth : (i+1)*spec.Depth : (i+1)*spec.Depth]
	}
	w.out.Groups = make([]record.Group, len(shared.requests))
	open := false
	for i := range spec.Phases {
		open = open || spec.Phases[i].Loop == results.OpenLoop
	}
	w.out.Reserve(open)
	return w, nil
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
func (w *worker) main(cpu int, connected chan<- error, phases <-chan *phase, done chan<- *outcome) {
	defer w.close()
	if err := w.loop.Enter(cpu); err != nil {
		connected <- err
		return
	}
	connected <- w.connectAll()
	for p := range phases {
		w.out.err = w.run(p)
		done <- &w.out
	}
}

// close ends every connection, and the loop.
func (w *worker) close() {
	for i := range w.conns {
		if c := &w.conns[i]; c.state == stateShaking {
			c.io.Interrupt()
		}
	}
	w.handshakes.running.Wait()
	for i := range w.conns {
		if c := &w.conns[i]; c.io != nil {
			c.io.Close(false)
		}
	}
	w.loop.Close()
}

// run is one phase, from its first request until nothing is in flight.
func (w *worker) run(p *phase) error {
	w.begin(p)
	for {
		now := clock.Now()
		w.out.now.loops++
		w.account(now)
		if !w.stopped {
			if at := cmp.Or(w.stop.Load(), p.settled.Load()); at != 0 {
				w.stopEarly(at, now)
			}
		}
		if now >= w.nextMark {
			w.mark(now)
		}
		if !w.started && now >= p.begin {
			w.start()
		}
		if p.shedAfter > 0 {
			w.shedLate(now)
		}
		if w.quota == 0 && w.inFlight == 0 && w.nextMark != never {
			w.exhausted(now)
		}
		if w.finished(now) {
			break
		}
		if err := w.turn(now); err != nil {
			return err
		}
	}
	w.abandon()
	if err := w.listen(); err != nil {
		return err
	}
	w.phase, w.sending, w.quota = nil, false, never
	for i := range w.conns {
		w.offer(&w.conns[i]) // what a count kept out of the queue
	}
	return w.settle()
}

// begin sets the thread up for a phase.
func (w *worker) begin(p *phase) {
	w.movedBefore += w.moved()
	w.out.Reset(record.Span{Loop: p.loop, T0: p.t0, T1: p.t1})
	w.out = outcome{Ledger: w.out.Ledger, thread: w.id}
	w.phase = p
	w.window = window{end: p.end, nextMark: p.t0, patient: true}
	w.pace = newPace(p, w.id, w.spec)
	w.spunFrom, w.busyFrom = 0, 0
	w.out.minOpen = w.open
}

// start lets the load flow. A closed loop whose window is over already, on a
// machine that stalls, has nothing to ask.
func (w *worker) start() {
	w.started, w.sending = true, w.nextMark != never
	if w.phase.loop != results.ClosedLoop || !w.sending {
		return
	}
	for n := w.idle.len(); n > 0; n-- {
		if c := w.takeIdle(); c != nil {
			w.refill(c)
		}
	}
}

// finished reports whether the phase has nothing left to do. Nothing is sent
// beyond the drain bound.
func (w *worker) finished(now int64) bool {
	switch {
	case w.nextMark != never:
		return false
	case w.inFlight == 0 && w.due == never:
		return true
	case now < w.end:
		return false
	}
	w.shed(now)
	last := w.end
	if w.patient {
		last = w.out.AwaitUntil(w.end, int64(w.spec.RequestTimeout))
	}
	return w.inFlight == 0 || w.lookedAt >= last
}

// turn waits for events by the idle strategy, handles them and sends what is
// due. Connections that end come first, so that nothing is sent on them.
func (w *worker) turn(now int64) error {
	events, err := w.await(now)
	if err != nil {
		return err
	}
	if len(events) > 0 {
		w.out.now.wakeups++
		for i := range events {
			if events[i].What&backend.Ended != 0 {
				w.handle(&events[i])
			}
		}
	}
	if len(w.pauses) > 0 {
		w.resume()
	}
	w.launchDue()
	for i := range events {
		if events[i].What&backend.Ended == 0 {
			w.handle(&events[i])
			w.launchDue()
		}
	}
	if len(events) > 0 {
		w.publish()
	}
	// Deadlines come last: an answer that waited for a thread which stood still
	// is read before its request is given up.
	if w.lookedAt == now && now >= w.nextScan {
		w.scan(now)
	}
	return nil
}

// moved is the number of bytes that the thread has moved in this phase, both
// ways.
func (w *worker) moved() uint64 { return w.out.now.traffic.Sent + w.out.now.traffic.Received }

// publish refreshes the live figures.
func (w *worker) publish() {
	w.live.completed.Store(w.completed)
	w.live.failed.Store(w.failed)
	w.live.bytes.Store(w.movedBefore + w.moved())
	w.live.open.Store(int64(w.open))
}
