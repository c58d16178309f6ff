package flow

import (
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
)

// iteration is one walk through a flow, with what its user knows.
type iteration struct {
	flow int32
	// step is the number of the next step, times how many times it was sent.
	step, times int
	// failed is true once a step failed, over at the end.
	failed, over bool
	// values are the variables, by number, rows the data row of each set.
	values []value
	rows   []int32
	// kept are the cookies of a session of the user, fresh those of a session of the
	// iteration; nil before the first one.
	kept, fresh *jar
	// answers are those that the flow asks to keep.
	answers []results.KeptStep
}

// value is that of a variable.
type value struct {
	text  []byte
	known bool
}

// clear forgets everything but cookies and what is shared.
func (i *iteration) clear(variables, sets int, shared []loaders.Shared) {
	if i.values == nil && variables+sets > 0 {
		i.values, i.rows = make([]value, variables), make([]int32, sets)
	}
	for n := range i.values {
		i.values[n].known = false
	}
	for n := range shared {
		i.learn(shared[n].Variable, shared[n].Text)
	}
	i.step, i.times, i.failed, i.over, i.answers = 0, 0, false, false, nil
}

// knows reports whether all of the variables have a value. Other columns have one always.
func (i *iteration) knows(columns []int) bool {
	for _, n := range columns {
		if n < len(i.values) && !i.values[n].known {
			return false
		}
	}
	return true
}

// learn sets the variable.
func (i *iteration) learn(variable int, text []byte) {
	v := &i.values[variable]
	v.text, v.known = append(v.text[:0], text...), true
}

// forget takes the value of the variable away.
func (i *iteration) forget(variable int) { i.values[variable].known = false }

// jar returns the cookies of the session, nil for none.
func (i *iteration) jar(s loaders.CookieSession) *jar {
	switch s {
	case loaders.UserSession:
		return i.kept
	case loaders.IterationSession:
		return i.fresh
	}
	return nil
}

// setJar gives the session its first cookies.
func (i *iteration) setJar(s loaders.CookieSession, j *jar) {
	if s == loaders.UserSession {
		i.kept = j
	} else {
		i.fresh = j
	}
}
