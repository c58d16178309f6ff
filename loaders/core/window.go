package core

import (
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

// stopEarly ends the window at the instant, an empty one where it has not
// opened yet. What is due and unsent is not sent any more.
func (w *worker) stopEarly(at, now int64) {
	w.stopped = true
	w.patient = w.stop.Load() == 0
	window := &w.out.Window
	window.T0, window.T1 = min(window.T0, at), min(window.T1, at)
	w.end = min(w.end, at+int64(w.phase.drain))
	if w.nextMark != never {
		// The instant may lie behind now, which the thread has read before.
		w.nextMark = window.T1
		w.mark(now)
	}
	w.shed(max(at, now))
}

// exhausted ends the window when the phase's count has been asked and answered.
func (w *worker) exhausted(now int64) {
	w.out.Window.T0, w.out.Window.T1 = min(w.out.Window.T0, now), now
	w.due = never
	w.mark(now)
}

// mark takes the readings that stand at the window's ends.
func (w *worker) mark(now int64) {
	window := w.out.Window
	if !w.windowOpen {
		w.windowOpen = true
		w.out.at0 = w.reading()
		w.out.Rate.BacklogT0 = w.backlog(window.T0)
		w.out.Rate.Offered = w.intended
		w.out.minOpen = w.open
		w.nextMark = window.T1
	}
	if now < window.T1 {
		return
	}
	w.out.at1 = w.reading()
	w.out.Rate.BacklogT1 = w.backlog(window.T1)
	w.out.Rate.Offered = w.intended - w.out.Rate.Offered
	w.nextMark = never
	if w.phase.loop == results.ClosedLoop {
		w.sending = false
		return
	}
	w.askQueues()
}

// queuesAsked is how many connections of a thread are asked for what lies in
// their receive queues: a system call each, while answers wait.
const queuesAsked = 256

// askQueues looks whose doing it is that requests are in flight: the server's
// where nothing of the answer has arrived.
func (w *worker) askQueues() {
	step := max(1, w.inFlight/queuesAsked)
	busy := 0
	for i := range w.conns {
		c := &w.conns[i]
		if c.state != stateOpen || c.count == 0 {
			continue
		}
		if busy++; busy%step != 0 {
			continue
		}
		waiting, err := c.io.Unread()
		if err != nil {
			continue // nothing is known of this one
		}
		w.out.queuesRead++
		if waiting == 0 {
			w.out.queuesEmpty++
		}
	}
}

// reading is the counters as they stand.
func (w *worker) reading() reading {
	r := w.out.now
	r.cpu, r.runDelay = w.loop.CPU(), w.loop.RunDelay()
	return r
}

// abandon gives up what the drain bound left behind, replaces its connections
// and accounts for what was never sent and for connections that wait.
func (w *worker) abandon() {
	now := clock.Now()
	for i := range w.conns {
		c := &w.conns[i]
		w.waited(c, now)
		if c.count == 0 {
			continue
		}
		for ; c.count > 0; c.pop() {
			w.inFlight--
			w.out.Abandoned(c.oldest(), now)
		}
		w.drop(c, false)
		w.setDeadline(c, now)
	}
	w.shed(now)
}
