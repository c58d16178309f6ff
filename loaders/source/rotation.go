package source

import (
	"fmt"
	"math/rand/v2"
	"sort"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/scenarios"
)

// OfSpec makes the source that the Spec asks for. It returns an error for an
// unknown rotation or for no requests.
func OfSpec(spec *loaders.Spec, t Thread) (Source, error) {
	s, err := rotationOf(spec, t)
	if err == nil && spec.Follow {
		s = following(s, spec, t)
	}
	return s, err
}

// rotationOf makes the source of the Spec's requests.
func rotationOf(spec *loaders.Spec, t Thread) (Source, error) {
	names := make(named, len(spec.Requests))
	for i := range names {
		names[i] = spec.Requests[i].Name
	}
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("a source needs at least one request")
	case len(names) == 1:
		return fixed{names}, nil
	}
	switch spec.Rotation {
	case "", scenarios.PerRequest:
		return newRotation(names, t, false), nil
	case scenarios.PerConnection:
		return newRotation(names, t, true), nil
	case scenarios.Weighted:
		return newWeighted(names, spec, t), nil
	}
	return nil, fmt.Errorf("unknown rotation %q", spec.Rotation)
}

// named has the names of requests, each a group of its own. Its sources look at no
// answer.
type named []string

func (n named) Groups() []string { return n }
func (named) Needs() Needs       { return Needs{} }
func (named) Done(int32, *View)  {}
func (named) Reconnected(int32)  {}

// fixed always asks the only request.
type fixed struct{ named }

func (fixed) Next(int32, int64) (Ask, bool) { return Ask{}, true }

// rotation takes the requests in turn, each user from a place of its own, lest all
// users ask the same at the same time.
type rotation struct {
	named
	next []int32
	// sticks is true where a user moves on only with a new connection, as HttpArena
	// does.
	sticks bool
}

func newRotation(names named, t Thread, sticks bool) *rotation {
	r := &rotation{named: names, next: make([]int32, t.Users), sticks: sticks}
	for user := range r.next {
		r.next[user] = int32((t.Number*t.Users + user) % len(names))
	}
	return r
}

func (r *rotation) Next(user int32, _ int64) (Ask, bool) {
	i := r.next[user]
	if !r.sticks {
		r.advance(user)
	}
	return Ask{Request: i, Group: i}, true
}

func (r *rotation) Reconnected(user int32) {
	if r.sticks {
		r.advance(user)
	}
}

func (r *rotation) advance(user int32) { r.next[user] = (r.next[user] + 1) % int32(len(r.named)) }

// weighted draws requests in proportion to their weights.
type weighted struct {
	named
	cumulative []int
	rnd        *rand.Rand
}

func newWeighted(names named, spec *loaders.Spec, t Thread) *weighted {
	w := &weighted{named: names, rnd: rand.New(rand.NewPCG(spec.Seed, uint64(t.Number)))}
	total := 0
	for i := range spec.Requests {
		total += max(1, spec.Requests[i].Weight)
		w.cumulative = append(w.cumulative, total)
	}
	return w
}

func (w *weighted) Next(int32, int64) (Ask, bool) {
	draw := w.rnd.IntN(w.cumulative[len(w.cumulative)-1])
	i := int32(sort.SearchInts(w.cumulative, draw+1))
	return Ask{Request: i, Group: i}, true
}
