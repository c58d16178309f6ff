// Package source says what is asked next. A source belongs to one loader
// thread; its users are that thread's connections.
package source

import (
	"fmt"
	"math/rand/v2"
	"sort"

	"github.com/joust-bench/joust/scenarios"
)

// Source decides the next request of a user.
type Source interface {
	// Next is the index of the user's next request.
	Next(user int) int
	// Reconnected tells that the user has a new connection.
	Reconnected(user int)
}

// New makes the source of one thread. Threads of one load differ by shard.
// It returns an error for an unknown rotation or for no requests.
func New(requests []scenarios.Request, rotation scenarios.Rotation, users, shard int, seed uint64) (Source, error) {
	switch {
	case len(requests) == 0:
		return nil, fmt.Errorf("a source needs at least one request")
	case len(requests) == 1:
		return fixed{}, nil
	}
	switch rotation {
	case "", scenarios.PerRequest:
		return newRotation(len(requests), users, shard), nil
	case scenarios.PerConnection:
		return &perConnection{newRotation(len(requests), users, shard)}, nil
	case scenarios.Weighted:
		return newWeighted(requests, shard, seed), nil
	}
	return nil, fmt.Errorf("unknown rotation %q", rotation)
}

// fixed always asks the only request.
type fixed struct{}

func (fixed) Next(int) int    { return 0 }
func (fixed) Reconnected(int) {}

// rotation takes the requests in turn, each user from a place of its own, so
// that not all connections ask the same at the same time.
type rotation struct {
	next []int
	n    int
}

func newRotation(n, users, shard int) *rotation {
	r := &rotation{next: make([]int, users), n: n}
	for user := range r.next {
		r.next[user] = (shard*users + user) % n
	}
	return r
}

func (r *rotation) Next(user int) int {
	i := r.next[user]
	r.next[user] = (i + 1) % r.n
	return i
}

func (r *rotation) Reconnected(int) {}

// perConnection moves on only with a new connection, as HttpArena does.
type perConnection struct{ *rotation }

func (p *perConnection) Next(user int) int    { return p.next[user] }
func (p *perConnection) Reconnected(user int) { p.next[user] = (p.next[user] + 1) % p.n }

// weighted draws with the requests' weights.
type weighted struct {
	cumulative []int
	rnd        *rand.Rand
}

func newWeighted(requests []scenarios.Request, shard int, seed uint64) *weighted {
	w := &weighted{rnd: rand.New(rand.NewPCG(seed, uint64(shard)))}
	total := 0
	for i := range requests {
		total += max(1, requests[i].Weight)
		w.cumulative = append(w.cumulative, total)
	}
	return w
}

func (w *weighted) Next(int) int {
	draw := w.rnd.IntN(w.cumulative[len(w.cumulative)-1])
	return sort.SearchInts(w.cumulative, draw+1)
}

func (w *weighted) Reconnected(int) {}
