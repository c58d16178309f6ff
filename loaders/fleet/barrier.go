package fleet

import (
	"context"
	"sync"
)

// barrier lets n goroutines wait for one another, again and again.
type barrier struct {
	n  int
	mu sync.Mutex
	// arrived is the number of goroutines that wait in the open round.
	arrived int
	round   *round
}

// round is one meeting: err is set before done is closed.
type round struct {
	done chan struct{}
	err  error
}

func newBarrier(n int) *barrier { return &barrier{n: n, round: newRound()} }

func newRound() *round { return &round{done: make(chan struct{})} }

// meet waits until all have come and the last of them has decided. It returns the
// error of that decision, or the cause of ctx where that ends first.
func (b *barrier) meet(ctx context.Context, decide func() error) error {
	b.mu.Lock()
	r := b.round
	b.arrived++
	last := b.arrived == b.n
	if last {
		b.arrived, b.round = 0, newRound()
	}
	b.mu.Unlock()
	if last {
		r.err = decide()
		close(r.done)
		return r.err
	}
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
