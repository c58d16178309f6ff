// Package flow is the source whose users walk through the flows of a Spec, step by step:
// it takes texts out of answers into later requests, keeps cookies, pauses, and ends or
// goes on where a step fails. A step whose requests are all the same costs what such a
// request costs.
package flow

import (
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec/checks"
	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/loaders/source"
)

// walker is the source of one thread.
type walker struct {
	spec *loaders.Flows
	// sets have the rows of each data set, columns the place of each column behind the
	// variables.
	sets    []*source.Rows
	columns []column
	groups  []string
	flows   []walk
	mix     mix
	users   []user
	urls    urls
	rnd     *rand.Rand
	kept    kept
	// hash hashes cookies.
	hash maphash.Hash
	// left is how many iterations the thread may still begin, negative for no bound.
	left int64
}

var (
	_ source.Walks = (*walker)(nil)
	_ pieces.Table = (*walker)(nil)
	_ source.Judge = judging{}
	_ source.Keeps = (*walker)(nil)
)

// judging is a walker that looks at answers.
type judging struct{ *walker }

// column is a column of a data set.
type column struct{ set, number int }

// walk is a flow, ready to be walked.
type walk struct {
	*loaders.Flow
	steps []step
	// sets are the numbers of the data sets that its requests use.
	sets []int
}

// step is a step, with its group and its captures ready.
type step struct {
	*loaders.FlowStep
	group    int32
	captures []capture
}

// user is a user of the load.
type user struct {
	// on is the iteration in which the user is, nil between two; own is the one that the
	// user takes where the iteration belongs to no other.
	on  *iteration
	own iteration
	// run is the flow whose repetitions the user walks one behind the other, none where it
	// takes any.
	run int32
	// pause is the pause behind the last answer.
	pause time.Duration
	// cookies are those of the request that is asked.
	cookies []byte
	ended   source.Iteration
	has     bool
}

// none is the number of no flow.
const none = -1

// walkStream gives walkers other random numbers than users, sources and values.
const walkStream = 1 << 42

// New makes the source of one thread. It returns an error for a capture that cannot be
// read.
func New(spec *loaders.Spec, t source.Thread) (source.Source, error) {
	w := &walker{
		spec: spec.Flows, sets: t.Sets, users: make([]user, t.Users), urls: newURLs(spec),
		rnd: rand.New(rand.NewPCG(spec.Seed, walkStream+uint64(t.Number))), left: -1,
	}
	for set := range w.spec.Sets {
		for number := range w.spec.Sets[set].Data.Columns {
			w.columns = append(w.columns, column{set, number})
		}
	}
	if err := w.compile(); err != nil {
		return nil, err
	}
	w.mix = newMix(w.spec, w.flows)
	if n := w.spec.Iterations; n > 0 {
		threads := uint64(max(1, spec.Threads))
		if w.left = int64(n / threads); uint64(t.Number) < n%threads {
			w.left++
		}
	}
	for i := range w.users {
		w.users[i].run = none
	}
	w.kept.thread = t.Number
	if w.looks() {
		return judging{w}, nil
	}
	return w, nil
}

// mostGroups is how many steps a report tells apart: each has histograms on every thread.
const mostGroups = 1000

// compile makes the flows ready.
func (w *walker) compile() error {
	total := 0
	for i := range w.spec.List {
		total += len(w.spec.List[i].Steps)
	}
	for i := range w.spec.List {
		f := walk{Flow: &w.spec.List[i]}
		if total > mostGroups {
			w.groups = append(w.groups, f.Name)
		}
		for n := range f.Steps {
			s := step{FlowStep: &f.Steps[n]}
			if total <= mostGroups {
				w.groups = append(w.groups, f.Name+"/"+s.Name)
			}
			s.group = int32(len(w.groups) - 1)
			for c := range s.Captures {
				made, err := newCapture(&s.Captures[c], w.spec.Variables)
				if err != nil {
					return fmt.Errorf("step %q of flow %q: %w", s.Name, f.Name, err)
				}
				s.captures = append(s.captures, made)
			}
			f.steps = append(f.steps, s)
		}
		f.sets = w.setsOf(f.Flow)
		w.flows = append(w.flows, f)
	}
	return nil
}

// setsOf returns the numbers of the data sets that the requests of the flow use.
func (w *walker) setsOf(f *loaders.Flow) []int {
	used := make([]bool, len(w.sets))
	for i := range f.Steps {
		for _, call := range []*loaders.Call{&f.Steps[i].Call, f.Steps[i].Else} {
			if call == nil {
				continue
			}
			for _, number := range call.Uses {
				if at := number - len(w.spec.Variables); at >= 0 && at < len(w.columns) {
					used[w.columns[at].set] = true
				}
			}
		}
	}
	var list []int
	for set, is := range used {
		if is {
			list = append(list, set)
		}
	}
	return list
}

// looks reports whether the walker has to look at answers.
func (w *walker) looks() bool {
	for i := range w.flows {
		if w.flows[i].Session != loaders.NoSession {
			return true
		}
		for n := range w.flows[i].steps {
			if s := &w.flows[i].steps[n]; len(s.captures) > 0 || s.Within > 0 {
				return true
			}
		}
	}
	return false
}

// Needs implements source.Source.
func (w *walker) Needs() source.Needs {
	n := source.Needs{Outcome: true}
	for i := range w.flows {
		n.Cookies = n.Cookies || w.flows[i].Session != loaders.NoSession
		w.flows[i].keeps(&n)
		for s := range w.flows[i].steps {
			for _, c := range w.flows[i].steps[s].captures {
				n.Cookies = n.Cookies || c.Cookie != ""
				n.Heads = n.Heads || c.Header != ""
				if c.path != "" || c.expression != nil {
					n.Body = max(n.Body, checks.MostBody+1)
				}
			}
		}
	}
	return n
}

// Groups implements source.Source.
func (w *walker) Groups() []string { return w.groups }

// Reconnected implements source.Source.
func (w *walker) Reconnected(int32) {}

// Flows implements source.Walks.
func (w *walker) Flows() []string {
	list := make([]string, len(w.flows))
	for i := range w.flows {
		list[i] = w.flows[i].Name
	}
	return list
}

// Idle implements source.Walks.
func (w *walker) Idle(number int32) bool { return w.users[number].on == nil }

// Ended implements source.Walks.
func (w *walker) Ended(number int32) (source.Iteration, bool) {
	return w.users[number].ended, w.users[number].has
}

// Next implements source.Source.
func (w *walker) Next(number int32, _ int64) (source.Ask, bool) {
	u := &w.users[number]
	u.has = false
	for {
		if u.on == nil {
			if ok, rest := w.begin(u); !ok || rest {
				return source.Ask{Request: source.Rest}, ok
			}
		}
		if ask, ok := w.ask(number, u); ok {
			return ask, true
		}
		if u.has {
			return source.Ask{Request: source.Rest}, true
		}
	}
}

// ask returns the request of the user's step. It skips a step that lacks a value, which may
// end the iteration; ok is false then.
func (w *walker) ask(number int32, u *user) (ask source.Ask, ok bool) {
	i := u.on
	f := &w.flows[i.flow]
	s := &f.steps[i.step]
	call := &s.Call
	if !i.knows(call.Uses) {
		if s.Else == nil || !i.knows(s.Else.Uses) {
			i.failed = true
			w.goOn(u, f, f.OnError == loaders.AbortIteration)
			return ask, false
		}
		call = s.Else
	}
	ask = source.Ask{Request: int32(call.Request), Group: s.group, Row: number, Pause: u.pause}
	u.pause = 0
	if s.Wait != (loaders.Think{}) {
		ask.Delay = s.Wait.Draw(w.rnd)
	}
	if call.WithCookies > 0 {
		if u.cookies = w.urls.cookies(i.jar(f.Session), call.Request); len(u.cookies) > 0 {
			ask.Request = int32(call.WithCookies)
		}
	}
	return ask, true
}

// Done implements source.Source.
func (w *walker) Done(number int32, v *source.View) {
	u := &w.users[number]
	i := u.on
	f := &w.flows[i.flow]
	s := &f.steps[i.step]
	u.has = false
	if s.Pause != (loaders.Think{}) {
		u.pause = s.Pause.Draw(w.rnd)
	}
	i.failed = i.failed || v.Cause != ""
	i.keep(f, s, v)
	aborted := v.Cause != "" && f.OnError == loaders.AbortIteration
	if i.times++; i.times < s.Repeat && !aborted {
		return
	}
	w.goOn(u, f, aborted)
}

// goOn takes the user to its next step, or ends the iteration.
func (w *walker) goOn(u *user, f *walk, aborted bool) {
	i := u.on
	i.step++
	i.times = 0
	switch {
	case aborted || i.step == len(f.steps):
		u.ended, u.has = source.Iteration{Flow: i.flow, Failed: i.failed, Aborted: aborted, Untimed: f.Order == loaders.BreadthFirst}, true
		i.over = true
		w.kept.add(i, f, aborted)
		w.mix.ended(u, i.flow)
		u.on = nil
	case f.Order == loaders.BreadthFirst:
		u.on = nil
	}
}

// begin gives the user an iteration. ok is false where there is none any more, rest is true
// where others have to end a request first.
func (w *walker) begin(u *user) (ok, rest bool) {
	if w.left == 0 {
		return false, false
	}
	i, rest := w.mix.take(u, w.rnd)
	switch {
	case i == nil:
		return rest, rest
	case i.step > 0 && w.flows[i.flow].Order == loaders.BreadthFirst:
		u.on = i
		return true, false
	}
	f := &w.flows[i.flow]
	i.clear(len(w.spec.Variables), len(w.sets), w.spec.Shared)
	if f.Session == loaders.IterationSession {
		i.fresh = nil
	}
	for _, set := range f.sets {
		if i.rows[set], ok = w.sets[set].Take(w.rnd); !ok {
			return false, false
		}
	}
	if w.left > 0 {
		w.left--
	}
	u.on = i
	return true, false
}

// Value implements pieces.Table: rows are users, columns those of loaders.Flows.
func (w *walker) Value(row, number int) []byte {
	u := &w.users[row]
	if number < len(w.spec.Variables) {
		return u.on.values[number].text
	}
	number -= len(w.spec.Variables)
	if number == len(w.columns) {
		return u.cookies
	}
	c := w.columns[number]
	return w.spec.Sets[c.set].Data.Value(int(u.on.rows[c.set]), c.number)
}
