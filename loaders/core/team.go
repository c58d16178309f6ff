package core

import (
	"cmp"
	"math"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
)

// team is the threads that make the load together, from connect to disband.
type team struct {
	shards []*shard
	phases []chan *phase
	// done receives a value for each thread at the end of a phase, ended at the end
	// of the thread.
	done, ended chan struct{}
	// reached is the number of connections that were open once after connect.
	reached int
}

// newTeam makes a shard for each thread of the Spec; connect starts them.
func newTeam(l *load) (*team, error) {
	n := l.spec.Threads
	t := &team{done: make(chan struct{}, n), ended: make(chan struct{}, n)}
	for id := range n {
		s, err := newShard(l, id)
		if err != nil {
			for _, made := range t.shards {
				made.close()
			}
			return nil, err
		}
		t.shards = append(t.shards, s)
	}
	return t, nil
}

// connect starts the threads and waits until their connections are up. When
// none is, the error is a *loaders.ConnectError.
func (t *team) connect() error {
	connected := make(chan error, len(t.shards))
	for i, s := range t.shards {
		phases := make(chan *phase)
		t.phases = append(t.phases, phases)
		cpu := -1
		if len(s.spec.CPUs) > 0 {
			cpu = s.spec.CPUs[i]
		}
		go func() {
			s.main(cpu, connected, phases, t.done)
			t.ended <- struct{}{}
		}()
	}
	var first error
	for range t.shards {
		first = cmp.Or(first, <-connected)
	}
	if first != nil {
		return first
	}
	for _, s := range t.shards {
		t.reached += s.reached()
	}
	if cause, err := t.connectError(); t.reached == 0 && err != nil {
		return &loaders.ConnectError{Cause: cause, Err: err}
	}
	return nil
}

// connectError returns the first connection that could not be made, nil where all
// could.
func (t *team) connectError() (results.Cause, error) {
	for _, s := range t.shards {
		if s.connectError != nil {
			return s.connectCause, s.connectError
		}
	}
	return "", nil
}

// disband ends the threads that were started, with their connections.
func (t *team) disband() {
	for i := range t.phases {
		close(t.phases[i])
	}
	for range t.phases {
		<-t.ended
	}
}

// spinWork is the share of the time that a thread of a smaller team works at most:
// the other half is for work that a warm-up does not show.
const spinWork = 0.5

// fewer replaces a team that polls by a smaller one, where the warm-up shows that
// fewer threads carry the load: a thread that polls without need takes turbo and
// memory bandwidth from the server. A loader that sleeps keeps its threads, as does one
// whose users had not all started in the warm-up.
func (s *session) fewer(warmup *results.Phase) error {
	if s.spec.Idle != loaders.Spin && s.spec.Idle != loaders.Gather || s.spec.UserRamp > 0 || warmup.Measured || warmup.Skipped != "" || s.stop.Load() != 0 {
		return nil
	}
	needed := threadsNeeded(warmup)
	if needed >= s.spec.Threads {
		return nil
	}
	spec := *s.spec
	spec.Threads = needed
	if len(spec.CPUs) > 0 {
		spec.CPUs = spec.CPUs[:needed]
	}
	s.disband()
	s.keepTimes()
	s.keepIDs()
	s.generation++
	s.spec = &spec
	next, err := newTeam(s.load)
	if err != nil {
		next = &team{}
	}
	s.mu.Lock()
	s.team = next
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.connect()
}

// threadsNeeded returns how many threads do the work of the phase when each works
// spinWork of the time, at least one. Waits for a processor are no work: threads
// that spin may wait for one another.
func threadsNeeded(p *results.Phase) int {
	ns, _ := p.WorkNS()
	return max(1, int(math.Ceil(float64(ns)/float64(max(1, p.WindowNS()))/spinWork)))
}

// keepTimes keeps the connect and handshake times of the team.
func (s *session) keepTimes() {
	for _, thread := range s.shards {
		s.connects.Merge(&thread.connect)
		s.handshakes.Merge(&thread.shakes)
	}
}
