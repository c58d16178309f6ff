package core

import (
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/record"
)

const (
	// spinTail is how long the hybrid strategy spins before a send is due, in
	// nanoseconds: a little more than what a wait overshoots.
	spinTail = int64(60e3)
	// pollFor is how long the hybrid strategy polls for more after something
	// has happened, in nanoseconds: a server that answers within it does not
	// have to wake the thread.
	pollFor = int64(100e3)
	// gatherFor is how long the gathering strategy lets answers gather after it
	// did something, in nanoseconds.
	gatherFor = int64(20e3)
	// longestWait is how long a thread sleeps at most, in nanoseconds. One that
	// sleeps for longer was stopped.
	longestWait = int64(10e6)
	// manyEvents is how many events make a turn so long that reading the
	// thread's CPU clock before it costs nothing.
	manyEvents = 16
)

// attention is what a thread knows of its own time.
type attention struct {
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
}

// await waits until something is ready or the next thing is due.
func (w *worker) await(now int64) ([]backend.Event, error) {
	wake := min(w.nextScan, w.nextMark, now+longestWait)
	if w.nextMark == never && now < w.end {
		wake = min(wake, w.end)
	}
	if !w.started {
		wake = min(wake, w.phase.begin)
	}
	due := never
	if w.started && w.idle.len() > 0 {
		due = w.due
	}
	if len(w.pauses) > 0 {
		due = min(due, w.pauses[0].at)
	}
	spin := false
	switch w.spec.Idle {
	case loaders.Spin:
		spin = true
	case loaders.Gather:
		if now < w.actedAt+gatherFor && min(wake, due) > now {
			w.spunFrom = now
			return nil, nil
		}
		spin = true
	case loaders.Hybrid:
		spin = now < w.actedAt+pollFor || due-now <= spinTail
		due -= spinTail
	}
	if wake = min(wake, due); spin || wake <= now {
		events, err := w.loop.Wait(0)
		w.looked(now, len(events))
		if len(events) == 0 {
			w.spunFrom = now
		} else {
			w.busySince(clock.Now(), len(events))
		}
		return events, err
	}
	events, err := w.loop.Wait(wake - now)
	w.looked(now, len(events))
	// Whoever sleeps beyond the end of the wait was stopped or kept off its
	// processor.
	late := wake + w.system.Slack
	if awake := clock.Now(); len(events) > 0 || awake > late {
		w.busySince(min(awake, late), len(events))
	}
	return events, err
}

// looked notes that the loop was asked after now and had so many events. It
// hands them out in turn, so that after enough full turns every connection
// that was ready has had its own.
func (w *worker) looked(now int64, events int) {
	const most = backend.MostEvents
	if events == most && w.fullTurns <= len(w.conns)/most {
		w.fullTurns++
		return
	}
	w.lookedAt, w.fullTurns = now, 0
}

// listen waits, once nothing is in flight any more, for answers that nobody
// asked for.
func (w *worker) listen() error {
	for until := clock.Now() + w.out.ListenNS(); ; {
		now := clock.Now()
		if now >= until || w.stop.Load() != 0 {
			return nil
		}
		if now >= w.nextScan {
			w.scan(now)
		}
		events, err := w.loop.Wait(max(1, min(until, w.nextScan)-now))
		if err != nil {
			return err
		}
		for i := range events {
			w.handle(&events[i])
		}
	}
}

// account books the time since the last turn of the loop: as polling, as work,
// or as a stall.
func (w *worker) account(now int64) {
	switch {
	case w.spunFrom != 0:
		if d := now - w.spunFrom; d < record.Stall {
			w.out.now.spinNS += d
		} else {
			w.out.Gap(now, d, 0)
		}
		w.spunFrom = 0
	case w.busyFrom != 0:
		d := now - w.busyFrom
		worked := int64(0)
		if d >= record.Stall {
			worked = w.worked()
		}
		w.out.Gap(now, d, worked)
		w.busyFrom = 0
		w.actedAt = now
	}
}

// worked is the time, in nanoseconds, for which the thread evidently worked
// since busyFrom: what its CPU clock says, where it was read, and a nanosecond
// for each byte that was moved.
func (w *worker) worked() int64 {
	moved := int64(w.moved() - w.busyMoved)
	if w.busyCPU == 0 {
		return moved
	}
	return max(moved, w.loop.CPU()-w.busyCPU)
}

// busySince notes from when the thread has something to do: since an instant,
// with so many events.
func (w *worker) busySince(at int64, events int) {
	w.busyFrom, w.busyMoved, w.busyCPU = at, w.moved(), 0
	if events >= manyEvents || w.phase.thinkSpin > 0 {
		w.busyCPU = w.loop.CPU()
	}
}
