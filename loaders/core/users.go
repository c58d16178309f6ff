package core

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// demand holds the source, the requests and the users of a thread.
type demand struct {
	choice
	// alone is true where an exchange may take several steps or requests, and has its
	// connection for itself.
	alone bool
	// needs and groups are those of the source.
	needs  source.Needs
	groups []string
	// codec is the thread's part of the protocol, depth the number of requests in flight
	// on a connection. streams is true where a request awaits server-sent events.
	codec   codec.Shard
	depth   int
	streams bool
	asking
	// waiting holds the users who think or wait for a connection; all others have a
	// request in flight. It is empty where each connection is a user.
	waiting turns
	// perUser counts the requests of each user in the phase.
	perUser []uint64
	rnd     *rand.Rand
	// ids is nil where requests have no ids, values where none has pieces.
	ids    *ids
	values *pieces.Values
}

// choice is the source of a thread, by what it can do: chain, judge and walks are the same
// source, or nil.
type choice struct {
	source source.Source
	chain  source.Chain
	judge  source.Judge
	walks  source.Walks
}

// choiceOf returns the source by what it can do.
func choiceOf(of source.Source) choice {
	c := choice{source: of}
	c.chain, _ = of.(source.Chain)
	c.judge, _ = of.(source.Judge)
	c.walks, _ = of.(source.Walks)
	return c
}

// asking holds what a thread can ask, by number. put makes it grow.
type asking struct {
	// requests are shared with all threads until own is true.
	requests []codec.Request
	own      bool
	// programs is nil where no request is an exchange of steps.
	programs []*program
	// targets are the numbers of the requests' hosts, nil where there is one; lastTarget is
	// the greatest that the load has.
	targets    []int32
	lastTarget int
	// limits are the timeouts of the requests in nanoseconds, 0 for that of the load; nil
	// where all have that.
	limits []int64
}

// unchosen is the request of a turn before the source has chosen one.
const unchosen = source.Undecided

// fill makes the source and the users of the thread.
func (d *demand) fill(l *load, thread, connections int) (err error) {
	users := share(l.population, l.spec.Threads, thread)
	*d = demand{
		codec: l.protocol.Shard(), depth: l.spec.Depth,
		asking:  asking{requests: l.protocol.Requests(), programs: slices.Clone(l.exchanges)},
		waiting: make(turns, users), perUser: make([]uint64, users),
		rnd: rand.New(rand.NewPCG(l.spec.Seed, thinkStream+uint64(thread))),
	}
	if d.lastTarget = len(l.spec.Hosts); d.lastTarget > 0 {
		d.targets = make([]int32, len(d.requests))
		for i, r := range l.spec.EachRequest() {
			d.targets[i] = int32(r.Target)
		}
	}
	d.setLimits(l.spec)
	d.ids, d.values = newIDs(l, thread), newValues(l, thread)
	if d.ids != nil {
		d.ownRequests()
		for i := range d.requests {
			d.ids.prepare(&d.requests[i])
		}
	}
	on := source.Thread{Number: thread, Users: cmp.Or(users, connections), Rows: l.rows, Sets: l.sets, Put: d.put, Quote: d.quote}
	made, err := l.newSource(l.spec, on)
	if err != nil {
		return err
	}
	d.choice = choiceOf(made)
	d.table()
	d.alone = d.chain != nil || d.programs != nil
	d.streams = slices.ContainsFunc(d.programs, func(p *program) bool { return p != nil && p.events > 0 })
	d.needs, d.groups = d.source.Needs(), d.source.Groups()
	for i := range d.waiting {
		d.waiting[i] = turn{id: int32(i), request: unchosen}
	}
	return nil
}

// thinkStream gives think times other random numbers than sources.
const thinkStream = 1 << 32

// put implements Put of source.Thread.
func (d *demand) put(number int32, r *scenarios.Request) (int32, error) {
	if len(r.Exchange) > 0 {
		return 0, fmt.Errorf("request %q has an exchange of steps, which only requests of the Spec may have: send it whole", r.Name)
	}
	if r.Target < 0 || r.Target > d.lastTarget {
		return 0, fmt.Errorf("request %q goes to target %d, which the load does not have", r.Name, r.Target)
	}
	if number < 0 {
		number = int32(len(d.requests))
	}
	built, err := d.codec.Put(number, r)
	if err != nil {
		return 0, err
	}
	if err := checkDepth(d.depth, r, &built); err != nil {
		return 0, err
	}
	d.grow(number)
	if d.limits != nil {
		d.limits[number] = int64(r.Timeout)
	}
	if d.targets != nil {
		d.targets[number] = int32(r.Target)
	}
	d.ids.prepare(&built)
	d.requests[number] = built
	return number, nil
}

// quote implements Quote of source.Thread.
func (d *demand) quote(number int32, v *codec.Verbatim) (int32, error) {
	quoting, ok := d.codec.(codec.Quoting)
	switch {
	case !ok:
		return 0, errors.New("this protocol takes no requests as bytes")
	case v.Ends && d.depth > 1:
		return 0, fmt.Errorf("a request ends its connection (Connection: close, or HTTP/1.0), and nothing may be asked behind it there: with %d requests in flight it must not", d.depth)
	}
	if number < 0 {
		number = int32(len(d.requests))
	}
	d.grow(number)
	built, err := quoting.Quote(number, v, d.requests[number].Head)
	if err != nil {
		return 0, err
	}
	d.requests[number] = built
	return number, nil
}

// grow makes a place for the request of that number.
func (a *asking) grow(number int32) {
	a.ownRequests()
	if int(number) < len(a.requests) {
		return
	}
	a.requests = append(a.requests, codec.Request{})
	if a.programs != nil {
		a.programs = append(a.programs, nil)
	}
	if a.targets != nil {
		a.targets = append(a.targets, 0)
	}
	if a.limits != nil {
		a.limits = append(a.limits, 0)
	}
}

// setLimits notes the timeouts of the requests, where any has its own.
func (a *asking) setLimits(spec *loaders.Spec) {
	if !slices.ContainsFunc(spec.Requests, func(r scenarios.Request) bool { return r.Timeout > 0 }) {
		return
	}
	a.limits = make([]int64, spec.CountRequests())
	for i, r := range spec.EachRequest() {
		a.limits[i] = int64(r.Timeout)
	}
}

// timeout returns how long the request of that number may take, in nanoseconds.
func (s *shard) timeout(request int32) int64 {
	if s.limits != nil && s.limits[request] > 0 {
		return s.limits[request]
	}
	return int64(s.spec.RequestTimeout)
}

// ownRequests makes requests a list of the thread's own.
func (a *asking) ownRequests() {
	if !a.own {
		a.requests, a.own = slices.Clone(a.requests), true
	}
}

// turnOf returns the turn of a connection that is a user itself.
func turnOf(c *connection, at int64, ask source.Ask) turn {
	return turn{at: at, id: c.id, request: ask.Request, group: ask.Group, row: ask.Row}
}

// release ends the oldest request of the connection: it shows the outcome to the source
// and gives the user time to think.
func (s *shard) release(c *connection, now int64, status int, cause results.Cause) {
	f := c.oldest()
	request, user, took := f.request, f.user, now-f.Sent
	c.pop()
	s.inFlight--
	if v := c.view; v != nil {
		v.Request, v.Status, v.Cause, v.Took = request, status, cause, time.Duration(took)
		s.source.Done(user, v)
		v.Head, v.Body, v.Detail = v.Head[:0], v.Body[:0], ""
	}
	if s.borrowing {
		s.rejoin(user, now, now+int64(s.spec.Think.Draw(s.rnd)))
	}
}

// rejoin gives the user its next turn behind a request that ended now.
func (s *shard) rejoin(user int32, now, at int64) {
	if s.walks == nil {
		s.waiting.push(turn{at: at, id: user, request: unchosen})
	} else {
		s.walked(user, now)
		s.goOnWalking(user, at)
		s.unpark(now)
	}
	s.due = s.nextDue()
}

// settleUsers plans the first turn of each user in the phase. Users who start in it ask at
// their start; all others are somewhere in a think time, evenly spread.
func (s *shard) settleUsers(p *phase) {
	clear(s.perUser)
	s.gather(p)
	for i := range s.waiting {
		t := &s.waiting[i]
		if s.walks != nil && !s.walks.Idle(t.id) { // it goes on where it was
			t.at = max(t.at, p.Begin)
			continue
		}
		number := int(t.id)*s.spec.Threads + s.id
		if t.at = p.starts.at(number); p.starts.over > 0 && t.at >= p.Begin {
			continue
		}
		rest := float64(s.spec.Think.Draw(s.rnd))
		if !s.spec.Think.Exponential { // the rest of an exponential time is as long as the whole
			rest *= float64(number) / float64(s.population)
		}
		t.at = p.Begin + int64(rest)
	}
	s.waiting.order()
}

// activeUsers returns how many users have started by the instant and go on; nil in a
// phase without users.
func (s *session) activeUsers(on *phase, at int64) *int {
	if !s.borrows(&on.Phase) {
		return nil
	}
	n := on.starts.by(at)
	for _, thread := range s.shards {
		n -= int(thread.live.retired.Load())
	}
	return &n
}

// borrows reports whether users share the connections in the phase.
func (l *load) borrows(p *loaders.Phase) bool {
	return l.population > 0 && (p.Loop == results.ClosedLoop || l.spec.Flows != nil)
}

// requestsPerUser returns the distribution of the phase's requests over the users of all
// threads; nil in a phase without users.
func (s *session) requestsPerUser(on *phase) *results.PerUser {
	if !s.borrows(&on.Phase) {
		return nil
	}
	var counts [][]uint64
	for _, thread := range s.shards {
		counts = append(counts, thread.perUser)
	}
	return record.PerUser(counts...)
}

// userDue returns the instant of the first turn, never where nothing may be sent.
func (s *shard) userDue() int64 {
	if !s.sending || s.quota == 0 || len(s.waiting) == 0 || s.hosts.hold(s.quota) {
		return never
	}
	return s.waiting[0].at
}

// launchUsers sends the requests of the users whose turn has come, each on the longest
// idle connection. Users who find none wait in the order of their turns.
func (s *shard) launchUsers(now int64) {
	if s.steps {
		s.launchSteps(now)
		return
	}
	for s.due <= now {
		if s.arriving && !s.admit(now) {
			return
		}
		t := &s.waiting[0]
		if t.request == unchosen && !s.choose(t, now) {
			s.due = s.nextDue()
			continue
		}
		if s.hosts != nil {
			if s.dispatch(s.waiting.pop(), now) {
				now = clock.Now()
			}
			s.due = s.nextDue()
			continue
		}
		c := s.takeIdle()
		if c == nil {
			return
		}
		s.out.Lag(t.at, c.idleSince, now)
		s.issue(c, s.waiting.pop(), now)
		s.due = s.nextDue()
		s.offer(c)
		now = clock.Now()
	}
}

// choose asks the source for the request of the first turn. It reports whether the
// request is due now; it retires a user without a request.
func (s *shard) choose(t *turn, now int64) bool {
	begins := s.begins(t)
	ask, ok := s.source.Next(t.id, now)
	switch {
	case !ok:
		s.retireUser()
		return false
	case ask.Request == source.Rest:
		s.rest(now)
		return false
	}
	t.request, t.group, t.row = ask.Request, ask.Group, ask.Row
	delay := int64(ask.Delay)
	if !s.arriving || s.steps || !begins {
		delay += int64(ask.Pause)
	}
	if delay <= 0 {
		return true
	}
	later := s.waiting.pop()
	later.at = now + delay
	s.waiting.push(later)
	s.paused(later.id, delay)
	return false
}
