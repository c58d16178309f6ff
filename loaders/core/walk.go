package core

import (
	"time"

	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
)

// walking is the part of a thread whose users walk through sequences of requests.
type walking struct {
	// paths are by user; nil where nobody walks.
	paths []path
	// pool holds the users who are between two iterations in an open loop, the longest idle
	// first, parked those who wait until another user has ended a request.
	pool   fifo
	parked []int32
	// arrival is the next arrival of an open loop.
	arrival int64
	pacing
}

// path is the way of a user through an iteration: the intended instant of its begin, and
// its pauses so far in nanoseconds.
type path struct{ began, paused int64 }

// judged lets the source look at the whole answer, which it may find wrong.
func (s *shard) judged(c *connection, now int64, a *codec.Answer) {
	f, v := c.oldest(), c.view
	v.Request, v.Status, v.Cause, v.Took = f.request, a.Status, a.Cause, time.Duration(now-f.Sent)
	s.judge.Judge(f.user, v)
	a.Cause = v.Cause
}

// kept puts the iterations that the sources have kept into the report.
func (s *session) kept(report *results.Report) {
	for _, thread := range s.shards {
		if k, ok := thread.source.(source.Keeps); ok {
			list, dropped := k.Kept()
			report.Iterations, report.IterationsDropped = append(report.Iterations, list...), report.IterationsDropped+dropped
		}
	}
}

// begins reports whether the user of the turn begins an iteration with its next request,
// and notes the instant.
func (s *shard) begins(t *turn) bool {
	if s.walks == nil || !s.walks.Idle(t.id) {
		return false
	}
	s.paths[t.id] = path{began: t.at}
	return true
}

// paused notes a pause of the user.
func (s *shard) paused(user int32, ns int64) {
	if s.walks != nil {
		s.paths[user].paused += ns
	}
}

// walked records the iteration that the user has just ended, and reports whether it has
// ended one.
func (s *shard) walked(user int32, now int64) bool {
	i, ok := s.walks.Ended(user)
	if ok {
		it := record.Stroll{Flow: i.Flow, Failed: i.Failed, Aborted: i.Aborted}
		if !i.Untimed {
			it.Took, it.Paused = now-s.paths[user].began, s.paths[user].paused
		}
		s.out.Walked(now, it)
	}
	return ok
}

// goOnWalking gives the user its next turn at the instant. In an open loop a user between
// two iterations waits for an arrival.
func (s *shard) goOnWalking(user int32, at int64) {
	if s.arriving && !s.steps && s.walks.Idle(user) {
		s.pool.push(turn{id: user, request: unchosen})
		return
	}
	s.waiting.push(turn{at: at, id: user, request: unchosen})
}

// rest takes the turn of a user who has nothing to ask now: behind the end of an iteration
// the user begins another one, else it waits for others.
func (s *shard) rest(now int64) {
	user := s.waiting.pop().id
	if s.walked(user, now) {
		s.goOnWalking(user, now)
		return
	}
	s.parked = append(s.parked, user)
}

// retireUser takes the turn of a user who asks nothing any more. Where arrivals begin
// iterations, the load ends with it.
func (s *shard) retireUser() {
	s.waiting.pop()
	s.live.retired.Add(1)
	if s.arriving {
		s.quota, s.limit = 0, int64(s.launched)
	}
}

// unpark lets the users who wait for others ask again.
func (s *shard) unpark(now int64) {
	for _, user := range s.parked {
		s.waiting.push(turn{at: now, id: user, request: unchosen})
	}
	s.parked = s.parked[:0]
}

// gather plans the users of the thread for a phase: those between two iterations of an open
// loop wait for its arrivals, and all others for their turn.
func (s *shard) gather(p *phase) {
	for s.pool.count() > 0 {
		s.waiting.push(s.pool.pop())
	}
	s.unpark(p.Begin)
	if !s.arriving || s.steps {
		return
	}
	rest := s.waiting[:0]
	for _, t := range s.waiting {
		if t.request == unchosen && s.walks.Idle(t.id) {
			s.pool.push(t)
		} else {
			rest = append(rest, t)
		}
	}
	s.waiting = rest
}

// nextDue returns the instant of the next turn of a user or of the next arrival, never where
// there is none.
func (s *shard) nextDue() int64 {
	if s.steps {
		return s.nextStep()
	}
	due := s.userDue()
	if s.arriving && s.sending && s.quota > 0 {
		due = min(due, s.arrival)
	}
	return due
}

// takeArrival gives the next arrival to the turn that has waited for longest. An arrival that
// finds none is blocked: it is counted, and ok is false.
func (s *shard) takeArrival(from *fifo) (t turn, ok bool) {
	at := s.arrival
	s.arrival = s.phase.next(s.cursor)
	s.launched++
	if from.count() == 0 {
		s.out.Blocked(at)
		return t, false
	}
	t = from.pop()
	t.at = at
	return t, true
}

// admit begins an iteration for each arrival until now. An arrival that finds no idle user
// is blocked: it is counted and begins none. admit reports whether a turn is due then.
func (s *shard) admit(now int64) bool {
	for s.sending && s.quota > 0 && s.arrival <= now {
		if t, ok := s.takeArrival(&s.pool); ok {
			s.waiting.push(t)
		}
	}
	s.due = s.nextDue()
	return len(s.waiting) > 0 && s.userDue() <= now
}

// dismiss counts the iterations whose first request is due and not sent at the end of the
// window as never sent. Users who have not begun go back into the pool.
func (s *shard) dismiss(now int64) {
	if s.steps {
		s.dismissSteps(now)
		return
	}
	rest := s.waiting[:0]
	for _, t := range s.waiting {
		idle := s.walks.Idle(t.id)
		if idle || t.request != unchosen && t.at == s.paths[t.id].began {
			s.out.Unsent(t.at, now)
		}
		if idle {
			s.pool.push(turn{id: t.id, request: unchosen})
		} else {
			rest = append(rest, t)
		}
	}
	s.waiting = rest
	s.waiting.order()
}
