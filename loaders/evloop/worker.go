//go:build linux

package evloop

import (
	"crypto/tls"
	"math"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/loaders"
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
	// readBuffer is the size of a thread's read buffer in bytes: one read
	// takes what a 64 KiB answer has brought.
	readBuffer = 256 << 10
	// scanStep is the coarseness of timeouts and retries, in nanoseconds.
	scanStep = int64(10e6)
	// spinTail is how long the hybrid strategy spins before a send is due, in
	// nanoseconds: a little more than what a wait overshoots.
	spinTail = int64(60e3)
)

// work is what all threads of a load share. Nobody writes to it, stop apart.
type work struct {
	spec     *loaders.Spec
	requests []wire.Request
	answers  []wire.Answer
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
	memos     []wire.Memo

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
	// connect and shakes are the times to connect and to shake hands.
	connect      record.Histogram
	shakes       record.Histogram
	connectError error
	connectCause results.Cause
	open         int
	inFlight     int
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
	// quota is how many requests may still be begun.
	quota int64
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
		memos:     make([]wire.Memo, len(shared.requests)),
		conns:     make([]conn, users),
		deadlines: make([]int64, users),
		idle:      newQueue(users),
		buf:       make([]byte, readBuffer),

		handshakes: handshakes{places: make(chan struct{}, handshakesAtOnce)},
		nextMark:   never,
		quota:      never,
	}
	flights := make([]flight, users*spec.Depth)
	for i := range w.conns {
		c := &w.conns[i]
		c.id, c.fd = int32(i), -1
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
		if w.spunFrom != 0 {
			w.out.now.spinNS += now - w.spunFrom
			w.spunFrom = 0
		}
		if w.busyFrom != 0 {
			w.out.Gap(now, now-w.busyFrom)
			w.busyFrom = 0
		}
		if !w.stopped {
			if at := w.stop.Load(); at != 0 {
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
		if now >= w.nextScan {
			w.scan(now)
		}
		if err := w.turn(now); err != nil {
			return err
		}
	}
	w.abandon()
	w.phase, w.sending, w.quota = nil, false, never
	return w.settle()
}

// begin sets the thread up for a phase.
func (w *worker) begin(p *phase) {
	w.movedBefore += w.out.now.traffic.Sent + w.out.now.traffic.Received
	w.out.Reset(record.Window{Loop: p.loop, T0: p.t0, T1: p.t1})
	w.out = outcome{Phase: w.out.Phase, thread: w.id}
	w.phase, w.end = p, p.end
	w.started, w.sending, w.stopped, w.windowOpen = false, false, false, false
	w.nextMark = p.t0
	w.due, w.aheadNext, w.intended, w.launched, w.spunFrom, w.busyFrom = never, never, 0, 0, 0, 0
	w.quota = never
	if p.count > 0 {
		w.quota = int64(share(int(p.count), w.threads, w.id))
	}
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

// stopEarly ends the window at the instant, an empty one where it has not
// opened yet. What is due and unsent is not sent any more.
func (w *worker) stopEarly(at, now int64) {
	w.stopped = true
	window := &w.out.Window
	window.T0, window.T1 = min(window.T0, at), min(window.T1, at)
	w.end = min(w.end, at+int64(w.phase.drain))
	if w.nextMark != never {
		w.mark(now)
	}
	w.shed(now)
}

// shed gives up what is due and unsent.
func (w *worker) shed(now int64) {
	for ; w.due < w.out.Window.T1; w.due = w.next(w.cursor) {
		w.out.Unsent(w.due, now)
	}
	w.due = never
}

// shedLate gives up what is unsent for too long after it was due.
func (w *worker) shedLate(now int64) {
	for w.due != never && now-w.due > w.phase.shedAfter {
		w.out.TooLate(w.due, now)
		w.launched++
		w.due = w.next(w.cursor)
	}
}

// exhausted ends the window when the phase's count has been asked and answered.
func (w *worker) exhausted(now int64) {
	w.out.Window.T1 = now
	w.due = never
	w.mark(now)
}

// mark takes the readings that stand at the window's ends.
func (w *worker) mark(now int64) {
	window := w.out.Window
	if !w.windowOpen {
		w.windowOpen = true
		w.out.at0 = w.reading()
		w.out.BacklogT0 = w.backlog(window.T0)
		w.out.Offered = w.intended
		w.out.minOpen = w.open
		w.nextMark = window.T1
	}
	if now < window.T1 {
		return
	}
	w.out.at1 = w.reading()
	w.out.BacklogT1 = w.backlog(window.T1)
	w.out.Offered = w.intended - w.out.Offered
	w.nextMark = never
	if w.phase.loop == results.ClosedLoop {
		w.sending = false
	}
}

// reading is the counters as they stand.
func (w *worker) reading() reading {
	r := w.out.now
	r.clocks = readThreadClocks(w.schedstat)
	return r
}

// backlog counts the requests intended before the instant and not sent.
func (w *worker) backlog(at int64) uint64 {
	for w.aheadNext < at {
		w.intended++
		w.aheadNext = w.next(w.ahead)
	}
	if w.launched >= w.intended {
		return 0
	}
	return w.intended - w.launched
}

// next is the cursor's next intended instant, never at its end.
func (w *worker) next(c arrival.Cursor) int64 {
	t, ok := c.Next()
	if !ok || w.phase.begin+t >= w.phase.t1 {
		return never
	}
	return w.phase.begin + t
}

// finished tells whether the phase has nothing left to do.
func (w *worker) finished(now int64) bool {
	if w.nextMark != never {
		return false
	}
	return now >= w.end || (w.inFlight == 0 && w.due == never)
}

// turn waits for events by the idle strategy, handles them and sends what is
// due. Connections that end come first, so that nothing is sent on them.
func (w *worker) turn(now int64) error {
	events, err := w.await(now)
	if err != nil {
		return err
	}
	if len(events) > 0 {
		w.busyFrom = clock.Now()
		w.out.now.wakeups++
		for i := range events {
			if events[i].Events&ending != 0 {
				w.handle(&events[i])
			}
		}
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

// await waits until something is ready or the next thing is due.
func (w *worker) await(now int64) ([]unix.EpollEvent, error) {
	wake := min(w.nextScan, w.nextMark)
	if w.nextMark == never {
		wake = min(wake, w.end)
	}
	if !w.started {
		wake = min(wake, w.phase.begin)
	}
	due := never
	if w.started && w.idle.len() > 0 {
		due = w.due
	}
	spin := w.spec.Idle == loaders.Spin
	if due < wake {
		wake = due
		if w.spec.Idle == loaders.Hybrid {
			spin = wake-now <= spinTail
			wake -= spinTail
		}
	}
	if spin || wake <= now {
		events, err := w.poller.poll()
		if len(events) == 0 {
			w.spunFrom = now
		}
		return events, err
	}
	events, err := w.poller.wait(min(wake-now, int64(1e9)))
	if len(events) == 0 {
		if late := clock.Now(); late > wake {
			w.busyFrom = wake
		}
	}
	return events, err
}

// publish refreshes the live figures.
func (w *worker) publish() {
	w.live.completed.Store(w.completed)
	w.live.failed.Store(w.failed)
	w.live.bytes.Store(w.movedBefore + w.out.now.traffic.Sent + w.out.now.traffic.Received)
	w.live.open.Store(int64(w.open))
}

// abandon gives up what the drain bound left behind, replaces its connections
// and accounts for what was never sent.
func (w *worker) abandon() {
	now := clock.Now()
	for i := range w.conns {
		c := &w.conns[i]
		if c.count == 0 {
			continue
		}
		for ; c.count > 0; c.pop() {
			w.inFlight--
			w.out.Abandoned(&c.oldest().Exchange, now)
		}
		w.drop(c)
		w.connectLater(c, 0)
	}
	w.shed(now)
}
