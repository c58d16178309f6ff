package core

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

// lookupsAtOnce bounds the concurrent lookups of a thread: each may block an
// operating-system thread.
const lookupsAtOnce = 64

// lookedUp is the outcome of one lookup: the addresses of the target's name and the time
// that it took, in nanoseconds.
type lookedUp struct {
	id        int32
	addresses []netip.Addr
	took      int64
	err       error
}

// lookups find the addresses of the target's name, one lookup for each connection that is
// made.
type lookups struct {
	errands[lookedUp]
	life context.Context
	// end ends all lookups.
	end context.CancelFunc
}

func newLookups() lookups {
	life, end := context.WithCancel(context.Background())
	return lookups{errands: newErrands[lookedUp](lookupsAtOnce), life: life, end: end}
}

// lookUp begins to look the target's name up for the connection.
func (s *shard) lookUp(c *connection) {
	c.state = stateLooking
	s.deadlines[c.id] = never // the lookup has a timeout of its own
	life, id, name := s.lookups.life, c.id, s.targetOf(c).Name
	s.lookups.run(s.loop, func() lookedUp {
		ctx, cancel := context.WithTimeout(life, s.spec.ConnectTimeout)
		defer cancel()
		began := clock.Now()
		found, err := s.system.Lookup(ctx, name)
		return lookedUp{id: id, addresses: found, took: clock.Now() - began, err: err}
	})
}

// takeLookups lets the connections whose lookups have ended connect.
func (s *shard) takeLookups() {
	for _, l := range s.lookups.take() {
		c := &s.conns[l.id]
		target := s.targetOf(c)
		to, err := backend.AddressOf(target, l.addresses, s.place(c))
		if l.err != nil {
			err = l.err
		}
		if err != nil {
			s.connectFailed(c, results.CauseLookup, fmt.Sprintf("looking up the name %s: %v", target.Name, err))
			continue
		}
		c.steps.Lookup = l.took
		c.dialled = clock.Now()
		made, established, err := s.loop.DialTo(c.id, to)
		s.dialing(c, made, established, err)
	}
}

// targetOf returns the target of the connection's host.
func (s *shard) targetOf(c *connection) *loaders.Target {
	if c.target == 0 {
		return &s.spec.Target
	}
	return &s.spec.Hosts[c.target-1].Target
}
