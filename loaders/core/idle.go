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
func (s *shard) await(now int64) ([]backend.Event, error) {
	wake := min(s.nextScan, s.nextMark, now+longestWait)
	if s.nextMark == never && now < s.end {
		wake = min(wake, s.end)
	}
	if !s.started {
		wake = min(wake, s.phase.begin)
	}
	due := never
	if s.started && s.idle.count > 0 {
		due = s.due
	}
	if len(s.pauses) > 0 {
		due = min(due, s.pauses[0].at)
	}
	spin := false
	switch s.spec.Idle {
	case loaders.Spin:
		spin = true
	case loaders.Gather:
		if now < s.actedAt+gatherFor && min(wake, due) > now {
			s.spunFrom = now
			return nil, nil
		}
		spin = true
	case loaders.Hybrid:
		spin = now < s.actedAt+pollFor || due-now <= spinTail
		due -= spinTail
	}
	if wake = min(wake, due); spin || wake <= now {
		events, err := s.loop.Wait(0)
		s.looked(now, len(events))
		if len(events) == 0 {
			s.spunFrom = now
		} else {
			s.busySince(clock.Now(), len(events))
		}
		return events, err
	}
	events, err := s.loop.Wait(wake - now)
	s.looked(now, len(events))
	// Whoever sleeps beyond the end of the wait was stopped or kept off its
	// processor.
	late := wake + s.system.Slack
	if awake := clock.Now(); len(events) > 0 || awake > late {
		s.busySince(min(awake, late), len(events))
	}
	return events, err
}

// looked notes that the loop was asked after now and had so many events. It
// hands them out in turn, so that after enough full turns every connection
// that was ready has had its own.
func (s *shard) looked(now int64, events int) {
	const most = backend.MostEvents
	if events == most && s.fullTurns <= len(s.conns)/most {
		s.fullTurns++
		return
	}
	s.lookedAt, s.fullTurns = now, 0
}

// listen waits, once nothing is in flight any more, for answers that nobody
// asked for.
func (s *shard) listen() error {
	for until := clock.Now() + s.out.ListenNS(); ; {
		now := clock.Now()
		if now >= until || s.stop.Load() != 0 {
			return nil
		}
		if now >= s.nextScan {
			s.scan(now)
		}
		events, err := s.loop.Wait(max(1, min(until, s.nextScan)-now))
		if err != nil {
			return err
		}
		for i := range events {
			s.handle(&events[i])
		}
	}
}

// account books the time since the last turn of the loop: as polling, as work,
// or as a stall.
func (s *shard) account(now int64) {
	switch {
	case s.spunFrom != 0:
		if d := now - s.spunFrom; d < record.Stall {
			s.out.now.spinNS += d
		} else {
			s.out.Gap(now, d, 0)
		}
		s.spunFrom = 0
	case s.busyFrom != 0:
		d := now - s.busyFrom
		worked := int64(0)
		if d >= record.Stall {
			worked = s.worked()
		}
		s.out.Gap(now, d, worked)
		s.busyFrom = 0
		s.actedAt = now
	}
}

// worked is the time, in nanoseconds, for which the thread evidently worked
// since busyFrom: what its CPU clock says, where it was read, and a nanosecond
// for each byte that was moved.
func (s *shard) worked() int64 {
	moved := int64(s.moved() - s.busyMoved)
	if s.busyCPU == 0 {
		return moved
	}
	return max(moved, s.loop.CPU()-s.busyCPU)
}

// busySince notes from when the thread has something to do: since an instant,
// with so many events.
func (s *shard) busySince(at int64, events int) {
	s.busyFrom, s.busyMoved, s.busyCPU = at, s.moved(), 0
	if events >= manyEvents || s.phase.thinkSpin > 0 {
		s.busyCPU = s.loop.CPU()
	}
}
