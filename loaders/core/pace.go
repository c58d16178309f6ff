package core

import (
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/arrival"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

// pace is a thread's part of an open loop's schedule, and of a phase's count. In
// a closed loop nothing is ever due.
type pace struct {
	// due is the intended instant of the next open-loop request, never when
	// there is none any more.
	due int64
	// ahead runs before the cursor to count what was intended up to an instant;
	// aheadNext is its next.
	cursor, ahead      arrival.Cursor
	aheadNext          int64
	intended, launched uint64
	// quota is how many requests may still be begun or shed; limit is what it was
	// at the phase's begin.
	quota, limit int64
}

// newPace is the thread's pace at the begin of the phase.
func newPace(p *phase, thread int, spec *loaders.Spec) pace {
	c := pace{due: never, aheadNext: never, quota: never}
	if p.count > 0 {
		c.quota = int64(share(int(p.count), spec.Threads, thread))
	}
	c.limit = c.quota
	if p.loop == results.OpenLoop {
		c.cursor = p.schedule.Cursor(thread, spec.Threads, spec.Seed)
		c.ahead = p.schedule.Cursor(thread, spec.Threads, spec.Seed)
		c.aheadNext, c.due = p.next(c.ahead), p.next(c.cursor)
	}
	return c
}

// next is the cursor's next intended instant, never at its end.
func (p *phase) next(c arrival.Cursor) int64 {
	t, ok := c.Next()
	if !ok || p.begin+t >= p.t1 {
		return never
	}
	return p.begin + t
}

// launchDue sends what is due now.
func (w *worker) launchDue() {
	if w.due != never && w.started && w.idle.len() > 0 {
		if now := clock.Now(); w.due <= now {
			w.launch(now)
		}
	}
}

// launch sends what is due, each on the longest idle connection. What finds
// none stays due: its latency counts from its intended instant all the same.
func (w *worker) launch(now int64) {
	for w.due <= now {
		c := w.takeIdle()
		if c == nil {
			return
		}
		w.out.Lag(w.due, c.idleSince, now)
		w.launched++
		due := w.due
		w.due = w.phase.next(w.cursor)
		if w.quota == 1 {
			w.due = never // this is the last
		}
		w.issue(c, due, now)
		w.offer(c)
		now = clock.Now()
	}
}

// shed gives up what is due and unsent.
func (w *worker) shed(now int64) {
	for ; w.due < w.out.Window.T1 && w.quota > 0; w.due = w.phase.next(w.cursor) {
		w.out.Unsent(w.due, now)
		w.quota--
	}
	w.due = never
}

// shedLate gives up what is unsent for too long after it was due.
func (w *worker) shedLate(now int64) {
	for w.due != never && w.quota > 0 && now-w.due > w.phase.shedAfter {
		w.out.TooLate(w.due, now)
		w.launched++
		w.quota--
		w.due = w.phase.next(w.cursor)
	}
}

// backlog counts the requests intended before the instant and not sent.
func (w *worker) backlog(at int64) uint64 {
	for w.aheadNext < at && w.intended < uint64(w.limit) {
		w.intended++
		w.aheadNext = w.phase.next(w.ahead)
	}
	if w.launched >= w.intended {
		return 0
	}
	return w.intended - w.launched
}
