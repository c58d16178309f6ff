package core

import (
	"fmt"

	"github.com/joust-bench/joust/loaders/clock"
)

// connectAll opens every connection.
func (s *shard) connectAll() error {
	now := clock.Now()
	for i := range s.deadlines {
		s.deadlines[i] = now
	}
	s.nextScan = now
	return s.settle()
}

// settle waits until every connection is open, or can evidently not be, or the
// load was told to end.
func (s *shard) settle() error {
	// Timeouts are noticed a scan late, and must be, before the wait ends.
	patience := int64(s.spec.ConnectTimeout) + 5*scanStep
	if s.tls != nil {
		patience += int64(s.spec.ConnectTimeout)
	}
	limit := clock.Now() + patience
	for {
		now := clock.Now()
		if now >= s.nextScan {
			s.scan(now)
		}
		if s.settled() || now >= limit || s.stop.Load() != 0 {
			s.publish()
			return nil
		}
		events, err := s.loop.Wait(max(1, min(s.nextScan, limit)-now))
		if err != nil {
			return fmt.Errorf("waiting for connections: %w", err)
		}
		for i := range events {
			s.handle(&events[i])
		}
	}
}

// hopeless is the number of attempts in a row after which settle stops
// waiting for a connection.
const hopeless = 4

func (s *shard) settled() bool {
	if s.open == len(s.conns) {
		return true
	}
	for i := range s.conns {
		if s.conns[i].state != stateOpen && s.conns[i].failures < hopeless {
			return false
		}
	}
	return true
}

// reached is how many connections were open once: a server that closes them again
// at once has let them be opened.
func (s *shard) reached() int {
	n := 0
	for i := range s.conns {
		if s.conns[i].known {
			n++
		}
	}
	return n
}
