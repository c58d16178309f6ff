package portable

import (
	"github.com/joust-bench/joust/loaders/arrival"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

// pace is a shard's part of an open loop's schedule. In a closed loop nothing
// is ever due.
type pace struct {
	phase *phase
	// due is the intended instant of the next request, never when there is
	// none any more.
	due           int64
	cursor, ahead arrival.Cursor
	// ahead runs before the cursor to count what was intended up to an
	// instant; aheadNext is its next.
	aheadNext int64
	intended  uint64
	launched  uint64
}

func newPace(p *phase, shard, shards int, seed uint64) pace {
	c := pace{phase: p, due: never, aheadNext: never}
	if p.loop == results.OpenLoop {
		c.cursor, c.ahead = p.schedule.Cursor(shard, shards, seed), p.schedule.Cursor(shard, shards, seed)
		c.due, c.aheadNext = c.next(c.cursor), c.next(c.ahead)
	}
	return c
}

// next is the cursor's next intended instant, never behind the window.
func (p *pace) next(c arrival.Cursor) int64 {
	t, ok := c.Next()
	if !ok || p.phase.begin+t >= p.phase.t1 {
		return never
	}
	return p.phase.begin + t
}

// advance goes on to the next request.
func (p *pace) advance() { p.due = p.next(p.cursor) }

// backlog counts the requests intended before the instant and not sent.
func (p *pace) backlog(at int64) uint64 {
	for p.aheadNext < at {
		p.intended++
		p.aheadNext = p.next(p.ahead)
	}
	return p.intended - min(p.launched, p.intended)
}

// launch sends what is due, each on the longest idle connection. What finds
// none stays due: its latency counts from its intended instant all the same.
func (s *shard) launch(now int64) {
	if !s.started {
		return
	}
	for s.pace.due <= now {
		u := s.takeIdle()
		if u == nil {
			return
		}
		due := s.pace.due
		s.pace.launched++
		s.pace.advance()
		s.issue(u, due)
		s.offer(u)
		now = clock.Now()
	}
}
