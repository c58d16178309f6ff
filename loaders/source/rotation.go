package source

import (
	"fmt"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/scenarios"
)

// OfSpec makes the source that the Spec asks for. It returns an error for an
// unknown rotation or for no requests.
func OfSpec(spec *loaders.Spec, t Thread) (Source, error) {
	s, err := rotationOf(spec, t)
	if err == nil && t.Rows != nil {
		s = feeding(s, spec, t)
	}
	if err == nil && spec.Follow {
		s = following(s, spec, t)
	}
	return s, err
}

// rotationOf makes the source of the Spec's requests.
func rotationOf(spec *loaders.Spec, t Thread) (Source, error) {
	asked := askedOf(spec)
	switch {
	case len(asked.groupOf) == 0:
		return nil, fmt.Errorf("a source needs at least one request")
	case len(asked.groupOf) == 1:
		return fixed{asked}, nil
	}
	switch spec.Rotation {
	case "", scenarios.PerRequest:
		return newRotation(asked, t, false), nil
	case scenarios.PerConnection:
		return newRotation(asked, t, true), nil
	case scenarios.InTurn:
		return newInTurn(asked, spec, t), nil
	case scenarios.Weighted:
		return newWeighted(asked, spec, t), nil
	}
	return nil, fmt.Errorf("unknown rotation %q", spec.Rotation)
}

// asked holds the requests of a Spec by number. Its sources look at no answer.
type asked struct {
	groups []string
	// groupOf has the number of each request's group.
	groupOf []int32
}

// askedOf puts each request into its group, or into one of its own.
func askedOf(spec *loaders.Spec) (a asked) {
	a.groups, a.groupOf = spec.Groups()
	return a
}

// ask asks the request of that number.
func (a *asked) ask(i int) Ask { return Ask{Request: int32(i), Group: a.groupOf[i]} }

func (a asked) Groups() []string { return a.groups }
func (asked) Needs() Needs       { return Needs{} }
func (asked) Done(int32, *View)  {}
func (asked) Reconnected(int32)  {}

// fixed always asks the only request.
type fixed struct{ asked }

func (fixed) Next(int32, int64) (Ask, bool) { return Ask{}, true }

// rotation takes the requests in turn, each user from a place of its own, lest all
// users ask the same at the same time.
type rotation struct {
	asked
	next []int32
	// sticks is true where a user moves on only with a new connection, as HttpArena
	// does.
	sticks bool
}

func newRotation(a asked, t Thread, sticks bool) *rotation {
	r := &rotation{asked: a, next: make([]int32, t.Users), sticks: sticks}
	for user := range r.next {
		r.next[user] = int32((t.Number*t.Users + user) % len(a.groupOf))
	}
	return r
}

func (r *rotation) Next(user int32, _ int64) (Ask, bool) {
	i := r.next[user]
	if !r.sticks {
		r.advance(user)
	}
	return r.ask(int(i)), true
}

func (r *rotation) Reconnected(user int32) {
	if r.sticks {
		r.advance(user)
	}
}

func (r *rotation) advance(user int32) { r.next[user] = (r.next[user] + 1) % int32(len(r.groupOf)) }
