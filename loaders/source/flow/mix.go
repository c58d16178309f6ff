package flow

import (
	"math/rand/v2"

	"github.com/joust-bench/joust/loaders"
)

// mix says which flow a user walks next.
type mix struct {
	law  loaders.Mix
	runs []run
	// next is the flow whose turn it is in an EqualMix.
	next int
}

// run is the state of a flow, as far as all users share it.
type run struct {
	weight int
	// endless is true for a flow without a number of repetitions; left is how many are
	// still to begin, and taken is true once a user walks them.
	endless, taken bool
	left           int
	// all are the repetitions of a flow in the order BreadthFirst, nil for others. The next
	// request is that of the step of the repetition at; steps is how many steps there are.
	all             []iteration
	step, at, steps int
}

func newMix(f *loaders.Flows, flows []walk) mix {
	m := mix{law: f.Mix, runs: make([]run, len(flows))}
	for i := range flows {
		f := &flows[i]
		r := run{weight: max(1, f.Weight), endless: f.Repeat == 0, left: f.Repeat, steps: len(f.steps)}
		if f.Order == loaders.BreadthFirst {
			r.all = make([]iteration, f.Repeat)
			for n := range r.all {
				r.all[n].flow = int32(i)
			}
		}
		m.runs[i] = r
	}
	return m
}

// take returns the iteration whose next step the user sends, or nil where no iteration has a
// step to send now. rest is true where one will have, behind a request of another user.
func (m *mix) take(u *user, rnd *rand.Rand) (i *iteration, rest bool) {
	flow := int(u.run)
	if flow == none {
		if flow = m.choose(rnd); flow == none {
			return nil, m.comes()
		}
	}
	r := &m.runs[flow]
	switch {
	case r.all != nil:
		i = &r.all[r.at]
		if r.advance() {
			m.next = flow + 1
		}
		return i, false
	case !r.endless:
		r.taken = true
		r.left--
		u.run = int32(flow)
	}
	m.next = flow + 1
	u.own.flow = int32(flow)
	return &u.own, false
}

// ended notes that the user has ended an iteration of the flow.
func (m *mix) ended(u *user, flow int32) {
	if m.runs[flow].left == 0 {
		u.run = none
	}
}

// choose returns the number of a flow with something to do, none where there is none.
func (m *mix) choose(rnd *rand.Rand) int {
	if m.law == loaders.WeightedMix {
		return m.draw(rnd)
	}
	from := 0
	if m.law == loaders.EqualMix {
		from = m.next
	}
	for n := range m.runs {
		if flow := (from + n) % len(m.runs); m.runs[flow].ready() {
			return flow
		}
	}
	return none
}

// draw draws a flow with something to do by the weights.
func (m *mix) draw(rnd *rand.Rand) int {
	total, last := 0, none
	for i := range m.runs {
		if m.runs[i].ready() {
			total, last = total+m.runs[i].weight, i
		}
	}
	if total == 0 || total == m.runs[last].weight {
		return last
	}
	at := rnd.IntN(total)
	for i := range m.runs {
		if !m.runs[i].ready() {
			continue
		}
		if at -= m.runs[i].weight; at < 0 {
			return i
		}
	}
	return last
}

// comes reports whether a flow has something to do later.
func (m *mix) comes() bool {
	for i := range m.runs {
		if r := &m.runs[i]; r.all != nil && r.step < r.steps {
			return true
		}
	}
	return false
}

// ready reports whether the flow has something to do now.
func (r *run) ready() bool {
	switch {
	case r.endless:
		return true
	case r.all == nil:
		return r.left > 0 && !r.taken
	}
	for r.step < r.steps && r.all[r.at].over {
		r.advance()
	}
	return r.step < r.steps && r.all[r.at].step == r.step
}

// advance goes to the next request of a flow in the order BreadthFirst. It reports whether
// that begins a step.
func (r *run) advance() (begins bool) {
	if r.at++; r.at == len(r.all) {
		r.at, begins = 0, true
		r.step++
	}
	return begins
}
