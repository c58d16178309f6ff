package flow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/loaders/source/flow"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// flowOf returns a flow of steps with these names, whose requests have the numbers from
// first on.
func flowOf(name string, first, repeat int, order loaders.FlowOrder, steps ...string) loaders.Flow {
	f := loaders.Flow{Name: name, Weight: 1, Repeat: repeat, Order: order, Session: loaders.NoSession, OnError: loaders.AbortIteration}
	for i, step := range steps {
		f.Steps = append(f.Steps, loaders.FlowStep{Name: step, Call: loaders.Call{Request: first + i}, Repeat: 1})
	}
	return f
}

// specOf returns a Spec of the flows on one thread.
func specOf(mix loaders.Mix, flows ...loaders.Flow) *loaders.Spec {
	spec := &loaders.Spec{Threads: 1, Seed: 3, Flows: &loaders.Flows{Mix: mix, List: flows}}
	for range 100 {
		spec.Requests = append(spec.Requests, scenarios.Request{Method: "GET", Path: "/"})
	}
	return spec
}

// crowd are users who walk by the source, and what they have asked.
type crowd struct {
	t      rapid.TB
	source source.Walks
	// busy has the request of each user in flight.
	busy map[int32]source.Ask
	over map[int32]bool
	log  []string
	ends []source.Iteration
}

func newCrowd(t rapid.TB, spec *loaders.Spec, users int) *crowd {
	s, err := flow.New(spec, source.Thread{Users: users, Sets: source.NewSets(spec.Flows)})
	if err != nil {
		t.Fatal(err)
	}
	return &crowd{t: t, source: s.(source.Walks), busy: map[int32]source.Ask{}, over: map[int32]bool{}}
}

// ask lets the user ask. It reports whether the user has something to ask now.
func (c *crowd) ask(user int32) bool {
	for {
		ask, ok := c.source.Next(user, 0)
		i, ended := c.source.Ended(user)
		if ended {
			c.ends = append(c.ends, i)
		}
		switch {
		case !ok:
			c.over[user] = true
			return false
		case ask.Request == source.Rest && ended:
			continue
		case ask.Request == source.Rest:
			return false
		}
		c.busy[user] = ask
		_, step, _ := strings.Cut(c.source.Groups()[ask.Group], "/")
		c.log = append(c.log, step)
		return true
	}
}

// answer ends the request of the user.
func (c *crowd) answer(user int32, cause results.Cause) {
	v := &source.View{Request: c.busy[user].Request, Cause: cause, Status: 200}
	delete(c.busy, user)
	c.source.Done(user, v)
	if i, ok := c.source.Ended(user); ok {
		c.ends = append(c.ends, i)
	}
}

// alone walks to the end with one user, at most n requests.
func (c *crowd) alone(n int) string {
	for range n {
		if !c.ask(0) {
			break
		}
		c.answer(0, "")
	}
	return strings.Join(c.log, "")
}

// accessLogs are those of ApacheBench's runs {a, b} and {c, d}, three times each, with one
// request in flight.
var accessLogs = []struct {
	mix   loaders.Mix
	order loaders.FlowOrder
	want  string
}{
	{loaders.EqualMix, loaders.BreadthFirst, "aaacccbbbddd"},
	{loaders.PriorityMix, loaders.BreadthFirst, "aaabbbcccddd"},
	{loaders.EqualMix, loaders.DepthFirst, "abababcdcdcd"},
	{loaders.PriorityMix, loaders.DepthFirst, "abababcdcdcd"},
}

// The orders of flows are those of ApacheBench's runs.
func TestOrders(t *testing.T) {
	t.Parallel()
	for _, c := range accessLogs {
		spec := specOf(c.mix, flowOf("one", 0, 3, c.order, "a", "b"), flowOf("two", 2, 3, c.order, "c", "d"))
		crowd := newCrowd(t, spec, 1)
		if got := crowd.alone(100); got != c.want || !crowd.over[0] || len(crowd.ends) != 6 {
			t.Errorf("%s, %s: %s, want %s; %d iterations", c.mix, c.order, got, c.want, len(crowd.ends))
		}
	}
}

// Two users walk two flows in depth one each, in step: a c b d, three times.
func TestDepthOfTwo(t *testing.T) {
	t.Parallel()
	spec := specOf(loaders.EqualMix, flowOf("one", 0, 3, loaders.DepthFirst, "a", "b"), flowOf("two", 2, 3, loaders.DepthFirst, "c", "d"))
	c := newCrowd(t, spec, 2)
	for c.ask(0) && c.ask(1) {
		c.answer(0, "")
		c.answer(1, "")
	}
	if got := strings.Join(c.log, ""); got != "acbdacbdacbd" {
		t.Error(got)
	}
}

// Weights and turns share out iterations of flows without end.
func TestMixes(t *testing.T) {
	t.Parallel()
	spec := specOf(loaders.WeightedMix, flowOf("one", 0, 0, loaders.DepthFirst, "a"), flowOf("two", 2, 0, loaders.DepthFirst, "c"))
	spec.Flows.List[1].Weight = 3
	got := newCrowd(t, spec, 1).alone(4000)
	if n := strings.Count(got, "c"); n < 2850 || n > 3150 {
		t.Errorf("%d of 4000 iterations have the weight 3 of 4", n)
	}
	spec.Flows.Mix = loaders.EqualMix
	if got := newCrowd(t, spec, 1).alone(6); got != "acacac" {
		t.Error(got)
	}
}

// A model of the walk: whatever the order in which answers come and fail, each repetition of
// a flow sends its steps in order, once each up to the first that fails, and every iteration
// is told once. Of a flow in depth one request is in flight, and in breadth no step begins
// before all repetitions have sent the one before.
func TestWalk(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var flows []loaders.Flow
		total := 0
		for i := range rapid.IntRange(1, 3).Draw(t, "flows") {
			var steps []string
			for n := range rapid.IntRange(1, 3).Draw(t, "steps") {
				steps = append(steps, fmt.Sprintf("%d.%d ", i, n))
			}
			order := rapid.SampledFrom([]loaders.FlowOrder{loaders.DepthFirst, loaders.BreadthFirst}).Draw(t, "order")
			f := flowOf(fmt.Sprint(i), i*10, rapid.IntRange(1, 4).Draw(t, "repeat"), order, steps...)
			f.OnError = rapid.SampledFrom([]loaders.OnError{loaders.AbortIteration, loaders.ContinueIteration}).Draw(t, "on error")
			flows, total = append(flows, f), total+f.Repeat
		}
		mix := rapid.SampledFrom([]loaders.Mix{loaders.WeightedMix, loaders.EqualMix, loaders.PriorityMix}).Draw(t, "mix")
		users := int32(rapid.IntRange(1, 5).Draw(t, "users"))
		c := newCrowd(t, specOf(mix, flows...), int(users))
		failed := map[int32]int{} // failed requests by number
		inFlight := func(flow int) (n int) {
			for _, ask := range c.busy {
				if int(ask.Request)/10 == flow {
					n++
				}
			}
			return n
		}
		for range 1000 {
			for user := range users {
				if _, busy := c.busy[user]; !busy && !c.over[user] {
					c.ask(user)
				}
			}
			for i, f := range flows {
				if n := inFlight(i); f.Order == loaders.DepthFirst && n > 1 {
					t.Fatalf("%d requests of flow %d, which is walked in depth, are in flight", n, i)
				}
			}
			if len(c.busy) == 0 {
				break
			}
			working := make([]int32, 0, len(c.busy))
			for user := range c.busy {
				working = append(working, user)
			}
			slices.Sort(working)
			user := rapid.SampledFrom(working).Draw(t, "answered")
			cause := results.Cause("")
			if rapid.IntRange(0, 4).Draw(t, "fails") == 0 {
				cause = results.CauseStatus
				failed[c.busy[user].Request]++
			}
			c.answer(user, cause)
		}
		if len(c.over) != int(users) {
			t.Fatalf("%d of %d users are over: %q", len(c.over), users, c.log)
		}
		if len(c.ends) != total {
			t.Fatalf("%d iterations ended of %d", len(c.ends), total)
		}
		for i, f := range flows {
			left := f.Repeat
			for n := range f.Steps {
				asked := 0
				for _, step := range c.log {
					if step == f.Steps[n].Name {
						asked++
					}
				}
				if asked != left {
					t.Fatalf("step %d of flow %d was sent %d times, want %d: %q", n, i, asked, left, c.log)
				}
				if f.OnError == loaders.AbortIteration {
					left -= failed[int32(f.Steps[n].Request)]
				}
			}
		}
		for i, f := range flows {
			if f.Order != loaders.BreadthFirst {
				continue
			}
			last := 0
			for _, step := range c.log {
				n := slices.IndexFunc(f.Steps, func(s loaders.FlowStep) bool { return s.Name == step })
				if n >= 0 && n < last {
					t.Fatalf("flow %d goes back from step %d to %d: %q", i, last, n, c.log)
				}
				last = max(last, n)
			}
		}
	})
}

// Iterations are shared out over threads, exactly.
func TestIterations(t *testing.T) {
	t.Parallel()
	spec := specOf(loaders.WeightedMix, flowOf("one", 0, 0, loaders.DepthFirst, "a", "b"))
	spec.Flows.Iterations, spec.Threads = 8, 3
	all := 0
	for number := range spec.Threads {
		s, err := flow.New(spec, source.Thread{Number: number, Users: 2})
		if err != nil {
			t.Fatal(err)
		}
		c := &crowd{t: t, source: s.(source.Walks), busy: map[int32]source.Ask{}, over: map[int32]bool{}}
		c.alone(100)
		all += len(c.ends)
	}
	if all != 8 {
		t.Errorf("%d iterations, want 8", all)
	}
}

// A step is sent as often as it says, and a failed one ends that.
func TestRepeatedSteps(t *testing.T) {
	t.Parallel()
	f := flowOf("one", 0, 1, loaders.DepthFirst, "a", "b")
	f.Steps[0].Repeat = 3
	if got := newCrowd(t, specOf(loaders.WeightedMix, f), 1).alone(100); got != "aaab" {
		t.Error(got)
	}
	c := newCrowd(t, specOf(loaders.WeightedMix, f), 1)
	c.ask(0)
	c.answer(0, results.CauseStatus)
	if c.ask(0) || !c.over[0] || !c.ends[0].Aborted || !c.ends[0].Failed {
		t.Errorf("%q %+v", c.log, c.ends)
	}
}
