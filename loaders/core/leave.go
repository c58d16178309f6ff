package core

import (
	"fmt"

	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// leave closes the connections whose exchanges have come to that step, and makes new
// ones. Exchanges that come to it meanwhile wait for the next call: where connecting takes
// no time, there would be no end.
func (s *shard) leave() {
	list := s.leaving
	s.leaving, s.left = s.left[:0], list
	for _, id := range list {
		c := &s.conns[id]
		if c.state != stateOpen || c.count == 0 || !c.exchanging() || c.execution.rest[0].verb != verbLeave {
			continue
		}
		if now := clock.Now(); c.execution.program.abandons {
			s.abandon(c, now)
		} else {
			a := &s.answer
			c.codec.Leave(a)
			s.complete(c, now, a)
		}
		s.hangUp(c)
	}
}

// abandon counts the exchange in flight as abandoned and releases it.
func (s *shard) abandon(c *connection, now int64) {
	c.failures = 0
	s.out.Abandoned(c.oldest().Group, now)
	c.concludeExchange()
	s.release(c, now, 0, "")
}

// concludeExchange ends the exchange of steps, and keeps how the connection is to end.
func (c *connection) concludeExchange() { *c.execution = execution{closes: c.execution.program.closes} }

// hangsUp reports whether the connection, with nothing in flight, is to end as its last
// exchange says.
func (c *connection) hangsUp() bool {
	return c.execution != nil && c.execution.closes != "" && c.count == 0
}

// hangUp closes the connection as its last exchange says, and makes a new one.
func (s *shard) hangUp(c *connection) {
	s.drop(c, c.execution.closes == scenarios.RST)
	s.renew(c)
}

// conclude judges an exchange of steps at the end of its answer, whose cause it may set.
// It returns the number of server-sent events that count, and whether the exchange is
// abandoned: the answer has ended before the loader closed.
func (c *connection) conclude(a *codec.Answer) (events uint64, abandoned bool) {
	p := c.execution
	if p == nil || p.program == nil || p.program.abandons {
		return 0, p != nil && p.program != nil
	}
	if events = p.events.Count(); p.program.events == 0 {
		events = 0
	}
	if a.Cause == "" && events < p.program.events {
		a.Cause = results.CauseEvents
	}
	return events, false
}

// missingEvents says in words that the answer has too few server-sent events.
func (c *connection) missingEvents(name string) string {
	p := c.execution
	return fmt.Sprintf("%s: an answer with %s where %d are awaited", name, results.Counted(p.events.Count(), "server-sent event"), p.program.events)
}
