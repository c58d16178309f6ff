//go:build linux

package evloop

import (
	"cmp"
	"crypto/tls"
	"math"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/arrival"
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
// its own goroutine, locked to its thread, touches it while it runs.
type worker struct {
	*work
	id, threads int
	live        live

	// addrs belong to the thread: connecting writes into them.
	addrs     []unix.Sockaddr
	poller    *poller
	schedstat *os.File
	source    source.Source

	conns []conn
	// deadlines has, a connection, when its state has lasted too long: the
	// oldest request's timeout, the connect timeout, or the time of the next
	// attempt. Packed, so that ten thousand are scanned in microseconds.
	deadlines []int64
	nextScan  int64
	// idle holds the connections that can take a request, longest idle first.
	idle queue

	buf, scratch []byte
	stamps       stampReader
	handshakes   handshakes
	pauses       pauses
	// connect and shakes are the times to connect and to shake hands.
	connect      record.Histogram
	shakes       record.Histogram
	connectError error
	connectCause results.Cause
	// endsBehind is true once the server has ended a stream behind an answer,
	// unannounced.
	endsBehind bool
	open       int
	inFlight   int
	// completed and failed count since the thread began, movedBefore the bytes
	// of earlier phases.
	completed, failed, movedBefore uint64

	// What follows belongs to the phase that runs.
	phase   *phase
	out     outcome
	end     int64
	started bool
	sending bool
	stopped bool
	// nextMark is when the window's next end is due, never behind both;
	// windowOpen is true when the first was marked.
	nextMark   int64
	windowOpen bool
	// due is the intended instant of the next open-loop request, never when
	// there is none any more.
	due           int64
	cursor, ahead arrival.Cursor
	aheadNext     int64
	intended      uint64
	launched      uint64
	// spunFrom is when a poll came back empty, 0 when the last one did not;
	// busyFrom is since when the thread had something to do, 0 when it had not.
	spunFrom, busyFrom int64
	// busyMoved is how many bytes had been moved by busyFrom; busyCPU the
	// thread's CPU time then, 0 where it was not read.
	busyMoved uint64
	busyCPU   int64
	// actedAt is when the thread last had something to do.
	actedAt int64
	// lookedAt is the latest instant until which everything that arrived has been
	// handled; fullTurns counts the turns since then that had as many events as
	// one turn can take.
	lookedAt  int64
	fullTurns int
	// patient is false once the load was told to end: nothing is awaited beyond
	// the drain bound then.
	patient bool
	// quota is how many requests may still be begun or shed; limit is what it was
	// at the phase's begin.
	quota, limit int64
}

func newWorker(shared *work, id int) (*worker, error) {
	spec := shared.spec
	users := share(spec.Connections, spec.Threads, id)
	src, err := source.New(spec.Requests, spec.Rotation, users, id, spec.Seed)
	if err != nil {
		return nil, err
	}
	addrs, err := sockaddrs(spec)
	if err != nil {
		return nil, err
	}
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	w := &worker{
		work: shared, id: id, threads: spec.Threads,
		addrs: addrs, poller: p, source: src,
		conns:     make([]conn, users),
		deadlines: make([]int64, users),
		idle:      newQueue(users),
		buf:       make([]byte, readBuffer),

		handshakes: handshakes{places: make(chan struct{}, handshakesAtOnce)},
		nextMark:   never,
		quota:      never,
	}
	flights := make([]record.Exchange, users*spec.Depth)
	newCodec := shared.protocol.Shard(shared.programs != nil)
	for i := range w.conns {
		c := &w.conns[i]
		c.id, c.fd, c.codec = int32(i), -1, newCodec()
		c.flights = flights[i*spec.Depth : (i+1)*spec.Depth : (i+1)*spec.Depth]
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
	w.schedstat = openSchedstat()
	defer w.close()
	if err := prepareThread(cpu); err != nil {
		connected <- err
		return
	}
	connected <- w.connectAll()
	for p := range phases {
		w.out.err = w.run(p)
		done <- &w.out
	}
}

func (w *worker) close() {
	for i := range w.conns {
		if w.conns[i].state == stateShaking {
			_ = unix.Shutdown(int(w.conns[i].fd), unix.SHUT_RDWR)
		}
	}
	w.handshakes.running.Wait()
	for i := range w.conns {
		if w.conns[i].fd >= 0 {
			_ = unix.Close(int(w.conns[i].fd))
		}
	}
	w.poller.close()
	if w.schedstat != nil {
		_ = w.schedstat.Close()
	}
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
	w.out.Reset(record.Window{Loop: p.loop, T0: p.t0, T1: p.t1})
	w.out = outcome{Phase: w.out.Phase, thread: w.id}
	w.phase, w.end = p, p.end
	w.started, w.sending, w.stopped, w.windowOpen = false, false, false, false
	w.patient = true
	w.nextMark = p.t0
	w.due, w.aheadNext, w.intended, w.launched, w.spunFrom, w.busyFrom = never, never, 0, 0, 0, 0
	w.quota = never
	if p.count > 0 {
		w.quota = int64(share(int(p.count), w.threads, w.id))
	}
	w.limit = w.quota
	if p.loop == results.OpenLoop {
		w.cursor = p.schedule.Cursor(w.id, w.threads, w.spec.Seed)
		w.ahead = p.schedule.Cursor(w.id, w.threads, w.spec.Seed)
		w.aheadNext = w.next(w.ahead)
		w.due = w.next(w.cursor)
	}
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
			if events[i].Events&ending != 0 {
				w.handle(&events[i])
			}
		}
	}
	if len(w.pauses) > 0 {
		w.resume()
	}
	w.launchDue()
	for i := range events {
		if events[i].Events&ending == 0 {
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

// launchDue sends what is due now.
func (w *worker) launchDue() {
	if w.due != never && w.started && w.idle.len() > 0 {
		if now := clock.Now(); w.due <= now {
			w.launch(now)
		}
	}
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
