package core

import "github.com/joust-bench/joust/loaders/clock"

// settle waits until every connection is open or evidently cannot be opened, or the
// load ends.
func (s *shard) settle() error {
	// The wait outlasts the timeouts, which are noticed one scan late.
	patience := int64(s.spec.ConnectTimeout) + 5*scanStep
	if s.tls != nil || s.hosts != nil {
		patience += int64(s.spec.ConnectTimeout)
	}
	if s.spec.Breakdown {
		patience += int64(s.spec.ConnectTimeout)
	}
	defer s.publish()
	return s.attend(clock.Now()+patience, s.settled)
}

// hopeless is the number of failed attempts in a row after which settle stops waiting
// for a connection.
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

// reached returns how many connections were open once, even where the server closed
// them again at once.
func (s *shard) reached() int {
	n := 0
	for i := range s.conns {
		if s.conns[i].known {
			n++
		}
	}
	return n
}
