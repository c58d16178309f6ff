package core

import (
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/arrival"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

// pace is a thread's part of an open loop's schedule and of a phase's count. In a
// closed loop only the turns of users are due.
type pace struct {
	// due is the intended instant of the next request of the schedule or of a user,
	// never where there is none.
	due int64
	// ahead runs before cursor, to count the requests intended before an instant;
	// aheadNext is its next instant.
	cursor, ahead      arrival.Cursor
	aheadNext          int64
	intended, launched uint64
	// quota is how many requests may still be begun or shed; limit is the quota at the
	// phase's begin.
	quota, limit int64
}

// newPace returns the thread's pace at the begin of the phase.
func newPace(p *phase, thread int, spec *loaders.Spec) pace {
	c := pace{due: never, aheadNext: never, quota: never}
	if p.Count > 0 {
		// A count that no int64 holds is no bound.
		c.quota = int64(min(share(p.Count, uint64(spec.Threads), uint64(thread)), uint64(never)))
	}
	c.limit = c.quota
	if p.Loop == results.OpenLoop {
		c.cursor = p.schedule.Cursor(thread, spec.Threads, spec.Seed)
		c.ahead = p.schedule.Cursor(thread, spec.Threads, spec.Seed)
		c.aheadNext, c.due = p.next(c.ahead), p.next(c.cursor)
	}
	return c
}

// next returns the cursor's next intended instant, never at the cursor's end.
func (p *phase) next(c arrival.Cursor) int64 {
	t, ok := c.Next()
	if !ok || p.Begin+t >= p.T1 {
		return never
	}
	return p.Begin + t
}

// launchDue sends the requests that are due now.
func (s *shard) launchDue() {
	if s.hosts != nil && len(s.hosts.free) > 0 {
		s.serveWaiting()
	}
	if due := s.dueHere(); due != never {
		if now := clock.Now(); due <= now {
			s.launch(now)
		}
	}
}

// dueHere returns the instant at which the thread has to send or to admit next, never where
// it has no connection for that.
func (s *shard) dueHere() int64 {
	switch {
	case !s.started:
		return never
	case s.idle.count > 0 || s.hosts != nil:
		return s.due
	case s.arriving && s.sending:
		return s.arrival
	}
	return never
}

// launch sends each due request on the longest idle connection. A request that finds
// none stays due; its latency counts from its intended instant.
func (s *shard) launch(now int64) {
	switch {
	case s.borrowing:
		s.launchUsers(now)
		return
	case s.hosts != nil:
		s.launchHosts(now)
		return
	}
	for s.due <= now {
		c := s.takeIdle()
		if c == nil {
			return
		}
		ask, ok := s.source.Next(c.id, now)
		t := turnOf(c, s.due, ask)
		if !ok {
			s.quota, s.limit, s.due = 0, int64(s.launched), never
			return
		}
		s.out.Lag(s.due, c.idleSince, now)
		s.launched++
		s.due = s.phase.next(s.cursor)
		if s.quota == 1 {
			s.due = never // this is the last
		}
		s.issue(c, t, now)
		s.offer(c)
		now = clock.Now()
	}
}

// shed gives up the requests that are due and unsent.
func (s *shard) shed(now int64) {
	for ; !s.borrowing && s.due < s.out.Window.T1 && s.quota > 0; s.due = s.phase.next(s.cursor) {
		s.out.Unsent(s.due, now)
		s.quota--
	}
	s.due = never
	s.shedLanes(nil, func(intended int64) { s.out.Unsent(intended, now) })
}

// shedLate gives up the requests that have been due for too long.
func (s *shard) shedLate(now int64) {
	for s.due != never && s.quota > 0 && now-s.due > int64(s.phase.ShedAfter) {
		s.out.TooLate(s.due, now)
		s.launched++
		s.quota--
		s.due = s.phase.next(s.cursor)
	}
	if s.hosts.waits() {
		s.shedLanes(func(t turn) bool { return now-t.at > int64(s.phase.ShedAfter) }, func(intended int64) {
			s.out.TooLate(intended, now)
			s.launched++
		})
	}
}

// backlog returns how many requests intended before the instant are not sent.
func (s *shard) backlog(at int64) uint64 {
	for s.aheadNext < at && s.intended < uint64(s.limit) {
		s.intended++
		s.aheadNext = s.phase.next(s.ahead)
	}
	if s.launched >= s.intended {
		return 0
	}
	return s.intended - s.launched
}
