package core

import (
	"fmt"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/record"
)

const (
	// spinTail is how long the hybrid strategy polls before a send is due, in
	// nanoseconds: a little longer than a wait overshoots.
	spinTail = int64(60e3)
	// pollFor is how long the hybrid strategy polls after an event, in nanoseconds: a
	// server that answers within it does not have to wake the thread.
	pollFor = int64(100e3)
	// gatherFor is how long the gathering strategy lets answers gather after its last
	// work, in nanoseconds.
	gatherFor = int64(20e3)
	// longestWait is how long a thread sleeps at most, in nanoseconds. A thread that
	// sleeps longer was stopped.
	longestWait = int64(10e6)
	// manyEvents is the number of events from which on it costs next to nothing to read
	// the thread's CPU clock as well.
	manyEvents = 16
)

// attention is how a thread spends its time.
type attention struct {
	// spunFrom is the start of the last poll, 0 where it brought events. busyFrom is
	// the start of the thread's work, 0 where it has none.
	spunFrom, busyFrom int64
	// busyMoved is the number of bytes moved until busyFrom; busyCPU the thread's CPU
	// time then, 0 where it was not read.
	busyMoved uint64
	busyCPU   int64
	// actedAt is the end of the last work.
	actedAt int64
	// lookedAt is the latest instant until which every arrival has been handled;
	// fullTurns counts the turns since then that had as many events as one turn takes.
	lookedAt  int64
	fullTurns int
}

// await waits for events until the next send, mark, deadline or pause is due.
func (s *shard) await(now int64) ([]backend.Event, error) {
	wake := min(s.nextScan, s.nextMark, now+longestWait)
	if s.nextMark == never && now < s.end {
		wake = min(wake, s.end)
	}
	if !s.started {
		wake = min(wake, s.phase.Begin)
	}
	due := s.dueHere()
	if len(s.pauses) > 0 {
		due = min(due, s.pauses[0].at)
	}
	if len(s.leaving) > 0 {
		wake = now
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
	// A thread that sleeps beyond the end of the wait was stopped or kept off its
	// processor.
	late := wake + s.system.Slack
	if awake := clock.Now(); len(events) > 0 || awake > late {
		s.busySince(min(awake, late), len(events))
	}
	return events, err
}

// looked notes that the loop returned that many events after now. The loop serves
// connections in turn: after enough full turns each that was ready has had its event.
func (s *shard) looked(now int64, events int) {
	const most = backend.MostEvents
	if events == most && s.fullTurns <= len(s.conns)/most {
		s.fullTurns++
		return
	}
	s.lookedAt, s.fullTurns = now, 0
}

// attend handles events until the instant, or until over, or until the load ends early.
func (s *shard) attend(until int64, over func() bool) error {
	for {
		now := clock.Now()
		if now >= s.nextScan {
			s.scan(now)
		}
		if now >= until || s.stop.Load() != 0 || over() {
			return nil
		}
		events, err := s.loop.Wait(max(1, min(until, s.nextScan)-now))
		if err != nil {
			return fmt.Errorf("waiting for connections: %w", err)
		}
		for i := range events {
			s.handle(&events[i])
		}
	}
}

// account books the time since the last turn of the loop as polling, work or a stall.
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

// worked returns the time, in nanoseconds, for which the thread evidently worked since
// busyFrom: by its CPU clock, where that was read, and at least a nanosecond for each
// byte that was moved.
func (s *shard) worked() int64 {
	moved := int64(s.moved() - s.busyMoved)
	if s.busyCPU == 0 {
		return moved
	}
	return max(moved, s.loop.CPU()-s.busyCPU)
}

// busySince notes that the thread has worked on that many events since at.
func (s *shard) busySince(at int64, events int) {
	s.busyFrom, s.busyMoved, s.busyCPU = at, s.moved(), 0
	if events >= manyEvents || s.phase.ThinkSpin > 0 {
		s.busyCPU = s.loop.CPU()
	}
}
