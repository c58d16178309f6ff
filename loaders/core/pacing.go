package core

import "github.com/joust-bench/joust/loaders/clock"

// pacing is the part of an open loop whose arrivals are steps of users who walk.
type pacing struct {
	// steps is true in such a phase.
	steps bool
	// ready holds the turns of users who have a request and wait for an arrival, line those
	// that have one and wait for a connection; the longest wait comes first.
	ready, line fifo
}

// launchSteps gives each arrival until now to the user who has been ready for longest, and
// sends the requests that find a connection. An arrival without a user is blocked.
func (s *shard) launchSteps(now int64) {
	s.prepare(now)
	for s.arrivesBy(now) {
		if t, ok := s.takeArrival(&s.ready); ok {
			s.line.push(t)
		}
	}
	s.sendLine(now)
	s.due = s.nextDue()
}

// arrivesBy reports whether the next arrival comes by the instant and may send.
func (s *shard) arrivesBy(now int64) bool {
	return s.sending && s.quota > int64(s.line.count()) && !s.hosts.hold(s.quota) && s.arrival <= now
}

// prepare lets the users whose turn has come choose their requests.
func (s *shard) prepare(now int64) {
	for len(s.waiting) > 0 && s.waiting[0].at <= now {
		t := &s.waiting[0]
		if t.request != unchosen || s.choose(t, now) {
			s.ready.push(s.waiting.pop())
		}
	}
}

// sendLine sends the requests that have an arrival on idle connections.
func (s *shard) sendLine(now int64) {
	for s.line.count() > 0 {
		if s.hosts != nil {
			if s.dispatch(s.line.pop(), now) {
				now = clock.Now()
			}
			continue
		}
		c := s.takeIdle()
		if c == nil {
			return
		}
		t := s.line.pop()
		s.out.Lag(t.at, c.idleSince, now)
		s.issue(c, t, now)
		s.offer(c)
		now = clock.Now()
	}
}

// nextStep returns the instant at which launchSteps has something to do.
func (s *shard) nextStep() int64 {
	switch {
	case s.line.count() > 0:
		return s.line.oldest().at
	case s.sending && s.quota > 0:
		return s.arrival
	}
	return never
}

// dismissSteps counts the steps that are due and not sent at the end of the window as never
// sent. Their users go on in the next phase.
func (s *shard) dismissSteps(now int64) {
	for _, t := range s.waiting { // of hosts without an idle connection
		if t.request != unchosen && t.at <= now {
			s.out.Unsent(t.at, now)
		}
	}
	for s.line.count() > 0 {
		t := s.line.pop()
		s.out.Unsent(t.at, now)
		s.waiting.push(t)
	}
	for s.ready.count() > 0 {
		s.waiting.push(s.ready.pop())
	}
}
