package core

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// demand is what a thread asks, and for whom.
type demand struct {
	source source.Source
	// needs is what the source needs of answers, groups its names of groups.
	needs  source.Needs
	groups []string
	// codec is the thread's part of the protocol. requests grow by Put; programs
	// are by the numbers of requests, nil where no request is an exchange of steps.
	codec    codec.Shard
	requests []codec.Request
	programs [][]instruction
	// waiting holds the users that share the connections in closed loops, but for
	// those with a request in flight: they think, or wait for a connection. None
	// stands in it where each connection is a user.
	waiting turns
	rnd     *rand.Rand
}

// unchosen is the request of a turn whose user has not been asked for it yet.
const unchosen = -1

// fill makes the source and the users of the thread.
func (d *demand) fill(l *load, thread, connections int) (err error) {
	*d = demand{
		codec: l.protocol.Shard(), requests: l.protocol.Requests(), programs: slices.Clone(l.exchanges),
		waiting: make(turns, share(l.population, l.spec.Threads, thread)),
		rnd:     rand.New(rand.NewPCG(l.spec.Seed, thinkStream+uint64(thread))),
	}
	on := source.Thread{Number: thread, Users: cmp.Or(len(d.waiting), connections), Put: d.put}
	if d.source, err = l.newSource(l.spec, on); err != nil {
		return err
	}
	d.needs, d.groups = d.source.Needs(), d.source.Groups()
	for i := range d.waiting {
		d.waiting[i] = turn{id: int32(i), request: unchosen}
	}
	return nil
}

// thinkStream keeps the random numbers of think times apart from those of sources.
const thinkStream = 1 << 32

// put implements Put of source.Thread.
func (d *demand) put(number int32, r *scenarios.Request) (int32, error) {
	if len(r.Exchange) > 0 {
		return 0, fmt.Errorf("request %q has an exchange of steps, which only requests of the Spec may have: send it whole", r.Name)
	}
	if number < 0 {
		number = int32(len(d.requests))
	}
	built, err := d.codec.Put(number, r)
	if err != nil {
		return 0, err
	}
	if int(number) == len(d.requests) {
		d.requests = append(d.requests, codec.Request{})
		if d.programs != nil {
			d.programs = append(d.programs, nil)
		}
	}
	d.requests[number] = built
	return number, nil
}

// turnOf returns the next request of the connection as a user; ok is false where
// it has none.
func (s *shard) turnOf(c *connection, intended, now int64) (t turn, ok bool) {
	ask, ok := s.source.Next(c.id, now)
	return turn{at: intended, id: c.id, request: ask.Request, group: ask.Group}, ok
}

// release takes the oldest exchange off the connection, shows its outcome to the
// source and gives the user time to think.
func (s *shard) release(c *connection, now int64, status int, cause results.Cause) {
	f := c.oldest()
	request, user := f.request, f.user
	c.pop()
	s.inFlight--
	if v := c.view; v != nil {
		v.Request, v.Status, v.Cause = request, status, cause
		s.source.Done(user, v)
		v.Head, v.Body = v.Head[:0], v.Body[:0]
	}
	if s.borrowing {
		s.waiting.push(turn{at: now + int64(s.spec.Think.Draw(s.rnd)), id: user, request: unchosen})
		s.due = s.userDue()
	}
}

// spread plans the first sends of all users evenly over their think times.
func (s *shard) spread() {
	now := clock.Now()
	for i := range s.waiting {
		rest := float64(s.spec.Think.Draw(s.rnd))
		if !s.spec.Think.Exponential { // the rest of an exponential time is as long as the whole
			rest *= float64(i*s.spec.Threads+s.id) / float64(len(s.waiting)*s.spec.Threads)
		}
		s.waiting[i].at = now + int64(rest)
	}
	// A sorted list is a heap.
	slices.SortStableFunc(s.waiting, func(a, b turn) int { return cmp.Compare(a.at, b.at) })
	s.due = s.userDue()
}

// userDue returns the instant of the next turn, never where nothing may be sent.
func (s *shard) userDue() int64 {
	if !s.sending || s.quota == 0 || len(s.waiting) == 0 {
		return never
	}
	return s.waiting[0].at
}

// launchUsers sends the turns that have come, each on the longest idle connection.
// A user that finds none waits for it, first come, first served.
func (s *shard) launchUsers(now int64) {
	for s.due <= now {
		t := &s.waiting[0]
		if t.request == unchosen && !s.choose(t, now) {
			s.due = s.userDue()
			continue
		}
		c := s.takeIdle()
		if c == nil {
			return
		}
		s.out.Lag(t.at, c.idleSince, now)
		s.issue(c, s.waiting.pop(), now)
		s.due = s.userDue()
		s.offer(c)
		now = clock.Now()
	}
}

// choose asks the source for the first user's request. It reports whether the
// request is due; a user without one is retired.
func (s *shard) choose(t *turn, now int64) bool {
	ask, ok := s.source.Next(t.id, now)
	if !ok {
		s.waiting.pop()
		return false
	}
	t.request, t.group = ask.Request, ask.Group
	if ask.Delay <= 0 {
		return true
	}
	later := s.waiting.pop()
	later.at = now + int64(ask.Delay)
	s.waiting.push(later)
	return false
}

// turn is when a user asks next and which request, or when a pause of a connection
// ends.
type turn struct {
	at int64
	// id is the number of the user or the connection.
	id             int32
	request, group int32
}

// turns is a heap, the earliest turn first.
type turns []turn

func (h *turns) push(t turn) {
	list := append(*h, t)
	for i := len(list) - 1; i > 0; {
		parent := (i - 1) / 2
		if list[parent].at <= list[i].at {
			break
		}
		list[parent], list[i] = list[i], list[parent]
		i = parent
	}
	*h = list
}

func (h *turns) pop() turn {
	list := *h
	top, last := list[0], len(list)-1
	list[0] = list[last]
	list = list[:last]
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if list[child].at < list[least].at {
				least = child
			}
		}
		if least == i {
			break
		}
		list[i], list[least] = list[least], list[i]
		i = least
	}
	*h = list
	return top
}
