package core

import (
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
)

// stopEarly ends the window at the instant, or with the last segment that has ended, and
// gives up all that is due and unsent. A window that has not opened yet is empty.
func (s *shard) stopEarly(at, now int64) {
	s.stopped = true
	s.patient = s.stop.Load() == 0
	window := &s.out.Window
	window.T0, window.T1 = min(window.T0, at), min(window.T1, max(at, s.cutAt))
	s.end = min(s.end, at+int64(s.phase.drain))
	if s.nextMark != never {
		// The instant may lie behind now, which the thread has read before.
		s.nextMark = window.T1
		s.mark(now)
	}
	s.shed(max(at, now))
}

// exhausted ends the window once all requests of the phase are asked and answered.
func (s *shard) exhausted(now int64) {
	s.out.Window.T0, s.out.Window.T1 = min(s.out.Window.T0, now), now
	s.due, s.out.exhausted = never, true
	s.mark(now)
}

// mark reads the meters at the window's ends, and ends its segments.
func (s *shard) mark(now int64) {
	window := s.out.Window
	if !s.windowOpen {
		s.windowOpen = true
		s.out.at0 = s.meters()
		s.out.Rate.BacklogT0 = s.backlog(window.T0)
		s.out.Rate.Offered = s.intended
		s.out.minOpen = s.open
		s.nextMark = window.T1
		s.openSegments(window.T0)
	}
	s.cut(now)
	if now < window.T1 {
		return
	}
	s.out.at1 = s.meters()
	s.out.Rate.BacklogT1 = s.backlog(window.T1)
	s.out.Rate.Offered = s.intended - s.out.Rate.Offered
	s.closeSegments(window.T1)
	s.nextMark = never
	if s.borrowing || s.phase.Loop == results.ClosedLoop {
		s.sending, s.due = false, never
		if s.steps {
			s.prepare(now)
		}
		s.hosts.recall(&s.waiting)
	}
	if s.arriving {
		s.dismiss(now)
	}
	if s.phase.Loop == results.OpenLoop {
		s.askQueues()
	}
}

// queuesAsked is the number of connections of a thread whose receive queues are read:
// a system call each, while answers wait.
const queuesAsked = 256

// askQueues counts the connections in flight on which nothing of the answer has
// arrived: these wait for the server.
func (s *shard) askQueues() {
	step := max(1, s.inFlight/queuesAsked)
	busy := 0
	for i := range s.conns {
		c := &s.conns[i]
		if c.state != stateOpen || c.count == 0 {
			continue
		}
		if busy++; busy%step != 0 {
			continue
		}
		waiting, err := c.io.Unread()
		if err != nil {
			continue
		}
		s.out.queuesRead++
		if waiting == 0 {
			s.out.queuesEmpty++
		}
	}
}

// meters returns the counters as they stand.
func (s *shard) meters() meters {
	r := s.out.now
	r.cpu, r.runDelay = s.loop.CPU(), s.loop.RunDelay()
	if timed, ok := s.source.(source.Timed); ok {
		r.script = timed.Spent()
	}
	return r
}

// giveUp gives up the requests still in flight, replaces their connections, and
// counts the requests never sent and the waits of connections.
func (s *shard) giveUp() {
	now := clock.Now()
	for i := range s.conns {
		c := &s.conns[i]
		s.waited(c, now)
		if c.count == 0 {
			continue
		}
		for c.count > 0 {
			s.out.GivenUp(&c.oldest().Exchange, now)
			s.release(c, now, 0, results.CauseTimeout)
		}
		if c.state == stateOpen {
			s.drop(c, false)
			s.setDeadline(c, now)
		}
	}
	s.shed(now)
}
