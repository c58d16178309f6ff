package core

import (
	"sync"

	"github.com/joust-bench/joust/loaders/backend"
)

// outside is what a thread leaves to goroutines.
type outside struct {
	handshakes errands[shaken]
	lookups    lookups
}

func newOutside() outside {
	return outside{handshakes: newErrands[shaken](handshakesAtOnce), lookups: newLookups()}
}

// errands are work outside the loop, which would block it. Their outcomes wait for the
// loop to take them.
type errands[T any] struct {
	// places bounds how many run at once.
	places  chan struct{}
	running sync.WaitGroup
	mu      sync.Mutex
	ended   []T
}

// newErrands lets that many errands run at once.
func newErrands[T any](atOnce int) errands[T] { return errands[T]{places: make(chan struct{}, atOnce)} }

// run does the work in a goroutine of its own and wakes the loop at its end.
func (e *errands[T]) run(loop backend.Loop, work func() T) {
	e.running.Go(func() {
		e.places <- struct{}{}
		outcome := work()
		<-e.places
		e.mu.Lock()
		e.ended = append(e.ended, outcome)
		e.mu.Unlock()
		loop.Wake()
	})
}

// take returns the outcomes since the last call.
func (e *errands[T]) take() []T {
	e.mu.Lock()
	defer e.mu.Unlock()
	ended := e.ended
	e.ended = nil
	return ended
}
