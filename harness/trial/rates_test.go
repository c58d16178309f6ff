package trial

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// ladder is a plan of one server and one table with every kind of rate.
func ladder() results.Plan {
	return results.Plan{
		Seed: 3, LoaderThreads: 2, RequestTimeoutNS: 10e9, DrainNS: 5e8, IdleStrategy: "wait", Engine: "evloop",
		Entries: []results.PlanEntry{{Server: "nginx", As: "nginx"}},
		Peaks:   []results.PlanPeak{{Server: "nginx", Scenario: "hello", Protocol: "h1", PeakRPS: 8000}},
		Tables: []results.PlanTable{{
			Scenario: "hello", Protocol: "h1", Clients: 64, Trials: 2, WarmupNS: 1e9, Closed: true, ClosedDurationNS: 15e8, OpenDurationNS: 1e9,
			Schedule: "poisson", Rates: []results.PlanRate{
				{Kind: results.RateFraction, Fraction: 0.5}, {Kind: results.RateAbsolute, RateRPS: 2000}, {Kind: results.RateCommon},
			},
		}},
	}
}

// rated are the rates of that ladder's first trial.
func rated(p results.Plan) *rates {
	t := plan.Trial{Entry: p.Entries[0], Table: p.Tables[0], Repetition: 1}
	return newRates(&attempt{Bench: &Bench{Plan: &p}, Task: Task{Trial: t}}, t, nil)
}

func TestRateOfAPhase(t *testing.T) {
	t.Parallel()
	// 10 µs a request: one thread paces 70 000 req/s.
	ran := loaders.PhaseDone{Phase: results.PhaseClosed, ThroughputRPS: 10000, CPUPerRequestNS: 10000, Threads: 1}
	tests := map[string]struct {
		edit  func(*rates)
		phase string
		rps   float64
		skip  string
	}{
		"a share of this trial's own peak":          {nil, "open 50%", 5000, ""},
		"an absolute rate":                          {nil, "open 2000/s", 2000, ""},
		"a common rate that nobody could scout":     {nil, "open common", 0, "no-common-rate"},
		"the common rate":                           {func(r *rates) { r.CommonRPS = 1234 }, "open common", 1234, ""},
		"a phase that the plan does not know":       {nil, "open 51%", 0, "no-rate"},
		"no peak":                                   {func(s *rates) { s.peak = 0 }, "open 50%", 0, "no-peak"},
		"an earlier run's peak without closed loop": {func(s *rates) { s.trial.Table.Closed = false }, "open 50%", 4000, ""},
		"an earlier run's peak is not for a ladder": {func(s *rates) { s.Plan.Peaks = nil }, "open 50%", 5000, ""},
		"beyond what one thread paces":              {func(s *rates) { s.peak = 200000 }, "open 50%", 0, results.CodeBeyondLoader},
		"a ramp whose end is beyond one thread":     {func(s *rates) { s.trial.Table.RampToFraction, s.peak = 0.9, 100000 }, "open 2000/s", 0, results.CodeBeyondLoader},
		"a ramp to a share of no peak":              {func(s *rates) { s.trial.Table.RampToFraction, s.peak = 0.9, 0 }, "open 2000/s", 0, "no-peak"},
		"within what two threads pace":              {func(s *rates) { s.peak, s.threads = 200000, 2 }, "open 50%", 100000, ""},
		"a warm-up's cost serves without closed loop": {func(s *rates) {
			s.cost, s.peak = 0, 0
			s.done(loaders.PhaseDone{Phase: results.PhaseWarmup, CPUPerRequestNS: 400000, Threads: 1})
		}, "open 2000/s", 0, results.CodeBeyondLoader},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := rated(ladder())
			s.done(ran)
			if tt.edit != nil {
				tt.edit(s)
			}
			got := s.rate(tt.phase)
			if got.RPS != tt.rps || got.SkipCode != tt.skip || (got.Skip == "") != (tt.skip == "") {
				t.Errorf("got %+v, want %v req/s or the skip %q", got, tt.rps, tt.skip)
			}
		})
	}
}

func TestRampEndsWithAShareOfThePeak(t *testing.T) {
	t.Parallel()
	s := rated(ladder())
	s.trial.Table.Schedule, s.trial.Table.RampToFraction = "ramp", 0.9
	s.done(loaders.PhaseDone{Phase: results.PhaseClosed, ThroughputRPS: 10000, CPUPerRequestNS: 10000, Threads: 1})
	want := loaders.Adjustment{Phase: "open 50%", RateRPS: 5000, RampToRPS: 9000}
	if diff := cmp.Diff(want, s.next("open 50%")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSpecOfATrial(t *testing.T) {
	t.Parallel()
	p := ladder()
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
