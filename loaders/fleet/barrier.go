package fleet

import (
	"context"
	"sync"
)

// barrier lets n goroutines wait for one another and agree on a value, again and
// again.
type barrier[T any] struct {
	n  int
	mu sync.Mutex
	// arrived is the number of goroutines that wait in the open round.
	arrived int
	round   *round[T]
}

// round is one meeting: value and err are set before done is closed.
type round[T any] struct {
	done  chan struct{}
	value T
	err   error
}

func newBarrier[T any](n int) *barrier[T] { return &barrier[T]{n: n, round: newRound[T]()} }

func newRound[T any]() *round[T] { return &round[T]{done: make(chan struct{})} }

// meet waits until all have come and the last of them has decided. It returns that
// decision, or the cause of ctx where that ends first.
func (b *barrier[T]) meet(ctx context.Context, decide func() (T, error)) (value T, err error) {
	b.mu.Lock()
	r := b.round
	b.arrived++
	last := b.arrived == b.n
	if last {
		b.arrived, b.round = 0, newRound[T]()
	}
	b.mu.Unlock()
	if last {
		r.value, r.err = decide()
		close(r.done)
		return r.value, r.err
	}
	select {
	case <-r.done:
		return r.value, r.err
	case <-ctx.Done():
		return value, context.Cause(ctx)
	}
}
