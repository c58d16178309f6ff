package trial

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/plan/plantest"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// rated returns the rates of the first trial of a plan.
func rated(p results.Plan) *rates {
	t := plan.Trial{Entry: p.Entries[0], Table: p.Tables[0], Repetition: 1}
	a := &attempt{Bench: &Bench{Plan: &p}, Task: Task{Trial: t, Row: &scenarios.Scenario{}}, on: &launch.Server{}}
	return a.load(t).rates
}

func TestRateOfAPhase(t *testing.T) {
	t.Parallel()
	// 10 µs a request: one thread paces 70 000 req/s.
	closed := func(rps float64, threads int) func(*rates) {
		return func(r *rates) {
			r.done(loaders.PhaseDone{Phase: results.PhaseClosed, ThroughputRPS: rps, CPUPerRequestNS: 10000, Threads: threads})
		}
	}
	peak := closed(10000, 1)
	tests := map[string]struct {
		before func(*rates)
		phase  string
		rps    float64
		skip   string
	}{
		"a share of this trial's own peak":          {peak, "open 50%", 5000, ""},
		"an absolute rate":                          {peak, "open 2000/s", 2000, ""},
		"a common rate that nobody could scout":     {peak, "open common", 0, "no-common-rate"},
		"the common rate":                           {func(r *rates) { r.CommonRPS = 1234 }, "open common", 1234, ""},
		"a phase that the plan does not know":       {peak, "open 51%", 0, "no-rate"},
		"no peak":                                   {closed(0, 1), "open 50%", 0, "no-peak"},
		"an earlier run's peak without closed loop": {func(r *rates) { r.trial.Table.Closed = false }, "open 50%", 4000, ""},
		"an earlier run's peak is not for a ladder": {func(r *rates) { peak(r); r.Plan.Peaks = nil }, "open 50%", 5000, ""},
		"beyond what one thread paces":              {closed(200000, 1), "open 50%", 0, results.CodeBeyondLoader},
		"a ramp whose end is beyond one thread": {func(r *rates) {
			closed(100000, 1)(r)
			r.trial.Table.RampToFraction = 0.9
		}, "open 2000/s", 0, results.CodeBeyondLoader},
		"a ramp to a share of no peak": {func(r *rates) {
			closed(0, 1)(r)
			r.trial.Table.RampToFraction = 0.9
		}, "open 2000/s", 0, "no-peak"},
		"within what two threads pace": {closed(200000, 2), "open 50%", 100000, ""},
		"a warm-up's cost serves without closed loop": {func(r *rates) {
			r.done(loaders.PhaseDone{Phase: results.PhaseWarmup, CPUPerRequestNS: 400000, Threads: 1})
		}, "open 2000/s", 0, results.CodeBeyondLoader},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rated(plantest.Ladder())
			tt.before(r)
			rps, skip := r.rate(tt.phase)
			if rps != tt.rps || skip.Code != tt.skip || (skip.Text == "") != (tt.skip == "") {
				t.Errorf("got %v req/s, %+v, want %v req/s or the skip %q", rps, skip, tt.rps, tt.skip)
			}
		})
	}
}

func TestRampEndsWithAShareOfThePeak(t *testing.T) {
	t.Parallel()
	s := rated(plantest.Ladder())
	s.trial.Table.Schedule, s.trial.Table.RampToFraction = "ramp", 0.9
	s.done(loaders.PhaseDone{Phase: results.PhaseClosed, ThroughputRPS: 10000, CPUPerRequestNS: 10000, Threads: 1})
	want := loaders.Adjustment{Phase: "open 50%", RateRPS: 5000, RampToRPS: 9000}
	if diff := cmp.Diff(want, s.next("open 50%")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSpecOfATrial(t *testing.T) {
	t.Parallel()
	p := plantest.Ladder()
	row := &scenarios.Scenario{Name: "hello", Depth: 4, Requests: []scenarios.Request{{Name: "hello"}}}
	trial := plan.Trial{Entry: p.Entries[0], Table: p.Tables[0], Repetition: 1, Seed: 77}
	spec := specFor(trial, p, row, results.CPUSplit{Server: []int{0}, Loader: []int{1, 2, 3}, Pinned: true}, &launch.Server{Address: "127.0.0.1:80", Host: "127.0.0.1:80"})
	if spec.Seed != 77 || spec.Depth != 4 || spec.Connections != 64 || spec.Threads != 2 || spec.RequestTimeout != 10*time.Second || spec.Drain != 500*time.Millisecond {
		t.Errorf("the spec is %+v", spec)
	}
	if d := cmp.Diff([]int{1, 2}, spec.CPUs); d != "" {
		t.Errorf("CPUs of the threads: %s", d)
	}
	adjusted := 0
	for _, phase := range spec.Phases {
		if phase.Adjust != (phase.Loop == results.OpenLoop) {
			t.Errorf("%s: adjusted is %t", phase.Name, phase.Adjust)
		}
		if phase.Adjust {
			adjusted++
		}
	}
	if adjusted != 3 || len(spec.Phases) != 5 {
		t.Errorf("%d phases, %d of them adjusted, want 5 and 3", len(spec.Phases), adjusted)
	}
	for name, split := range map[string]results.CPUSplit{
		"too few CPUs": {Loader: []int{1}, Pinned: true},
		"shared":       {Loader: []int{0, 1}, Pinned: true, Shared: true},
		"not pinned":   {Loader: []int{0, 1}},
	} {
		if spec := specFor(trial, p, row, split, &launch.Server{Address: "127.0.0.1:80", Host: "127.0.0.1:80"}); spec.CPUs != nil {
			t.Errorf("%s: threads are pinned to %v", name, spec.CPUs)
		}
	}
}
