package plan_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/harness/knee"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
)

func TestParseObjective(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"p99<10ms": "p99 < 10ms", " p99.9 < 2 ms": "p99.9 < 2ms", "max<1.5s": "max < 1.5s", "p50<300us": "p50 < 300µs",
		"p90<1m": "p90 < 1m0s", "p99<250µs": "p99 < 250µs",
		"p99<10": "p99 < 10s", "p99<1.5": "p99 < 1.5s", "p95<10ms": "p95 < 10ms", "p99.95<10ms": "p99.95 < 10ms",
		"avg<1ms": "mean < 1ms", "stdev<1ms": "stdev < 1ms", "min<1ms": "min < 1ms", "P99<10ms": "p99 < 10ms",
		"p99": "no condition", "<10ms": "no condition", "p99<": "no condition", "10ms": "no condition", "": "no condition",
		"p99<=10ms": "no objective; write an upper bound with <, such as p99<10ms", "p99>10ms": "no objective",
		"p99<0s": "longer than 0", "p99<-1ms": "no duration", "p99<ten ms": "no duration", "p99<11m": "at most",
		"p99<10ms<20ms": "more than one sign", "errors<10ms": "there is no metric", "p998<1ms": "beyond 100 percent",
	} {
		o, err := plan.ParseObjective(text)
		if err == nil && o.String() != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("ParseObjective(%q) = %v, %v; want %q", text, o, err, want)
		}
	}
}

// searchTrial is a trial that searches for a rate.
func searchTrial(quantile float64, window time.Duration, kind results.TrialKind) plan.Trial {
	return plan.Trial{Kind: kind, Table: results.PlanTable{
		WarmupNS: 1e9, Closed: true, ClosedDurationNS: 1e9, OpenDurationNS: window.Nanoseconds(), Schedule: "constant",
		Objective: &results.Objective{Percentile: "p99", Quantile: quantile, BelowNS: 1e7},
	}}
}

// A window is never shorter than the plan's, never longer than the longest, and
// always offers the requests that the percentile needs, or it is refused: below
// LeastRate and nowhere else.
func TestSearchWindowHoldsItsSamples(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		trial := searchTrial(rapid.SampledFrom([]float64{0.5, 0.9, 0.99, 0.999, 1}).Draw(t, "quantile"),
			time.Duration(rapid.Int64Range(1e6, 60e9).Draw(t, "window")),
			rapid.SampledFrom([]results.TrialKind{results.TrialMeasured, results.TrialConfirm}).Draw(t, "kind"))
		rate := math.Exp(rapid.Float64Range(-3, 14).Draw(t, "log rate"))
		window, ok := plan.SearchWindow(trial, rate)
		least := plan.LeastRate(trial)
		if ok != (rate >= least) && math.Abs(rate/least-1) > 1e-6 {
			t.Fatalf("at %v req/s ok is %t, the least rate is %v", rate, ok, least)
		}
		shortest := plan.ConfirmFactor * trial.Table.OpenDurationNS
		if trial.Kind == results.TrialMeasured {
			shortest = trial.Table.OpenDurationNS
		}
		if ok && (window.Nanoseconds() < shortest || window > plan.LongestWindow(trial) || rate*window.Seconds() < plan.SamplesFor(trial.Table.Objective.Quantile)*(1-1e-6)) {
			t.Fatalf("a window of %v at %v req/s", window, rate)
		}
		if _, ok := plan.SearchWindow(trial, least); !ok {
			t.Fatalf("the least rate %v is refused", least)
		}
	})
}

func TestSamplesForAPercentile(t *testing.T) {
	t.Parallel()
	for quantile, want := range map[float64]float64{0.5: 370, 0.9: 370, 0.99: 1127, 0.999: 10400, 0.0005: 20566, 1: 1127, 0: 1127} {
		if got := plan.SamplesFor(quantile); got != want {
			t.Errorf("p%v needs %v requests, want %v", quantile*100, got, want)
		}
	}
}

// A search has its steps after the ladder, and confirmations come after all
// searches of their block, on processes of their own.
func TestSearchInThePlan(t *testing.T) {
	t.Parallel()
	const file = "servers: [nethttp, gin]\ntables: [{scenarios: [hello], find_rate: p99<10ms, rates: [50%], trials: 3}]"
	c := catalogue(t)
	p, _ := resolve(t, file, plan.Overrides{}, c)
	block, confirming := 0, false
	kinds := map[results.TrialKind]int{}
	for _, trial := range plan.Expand(p, c.Runnable) {
		if trial.Block != block {
			block, confirming = trial.Block, false
		}
		confirm := trial.Kind == results.TrialConfirm
		if confirming && !confirm {
			t.Errorf("trial %d searches after one of its block confirmed", trial.Index)
		}
		confirming = confirm
		kinds[trial.Kind]++
		var names []string
		for _, x := range plan.Phases(trial, p) {
			names = append(names, x.Name)
		}
		ladder, steps, last := 3, knee.MaxSteps, results.SearchPhase(knee.MaxSteps)
		if confirm {
			ladder, steps, last = 1, knee.MaxConfirms, results.ConfirmPhase(knee.MaxConfirms)
		}
		if len(names) != ladder+steps || names[len(names)-1] != last {
			t.Errorf("trial %d (%s) has the phases %v", trial.Index, trial.Kind, names)
		}
	}
	if kinds[results.TrialMeasured] != 6 || kinds[results.TrialConfirm] != 6 {
		t.Errorf("trials of each kind: %v", kinds)
	}
	plain, _ := resolve(t, strings.Replace(file, "find_rate: p99<10ms, ", "", 1), plan.Overrides{}, c)
	if extra := p.PlannedNS - plain.PlannedNS; extra < 6*15e9 || p.AtMostNS-plain.AtMostNS < 3*extra {
		t.Errorf("the search takes %v planned, %v at most", time.Duration(extra), time.Duration(p.AtMostNS-plain.AtMostNS))
	}
}

// Modes without an open loop win over a search with a wider scope, with a warning.
func TestNarrowerModesLeaveTheSearchOut(t *testing.T) {
	t.Parallel()
	for file, modes := range map[string][]string{
		"servers: [gin]\nfind_rate: p99<10ms\ntables: [{scenarios: [hello], modes: [closed]}]":                  nil,
		"servers: [gin]\nfind_rate: p99<10ms\ntables: [{scenarios: [hello]}]":                                   {"closed"},
		"servers: [gin]\ntables: [{scenarios: [hello], modes: [closed, open], find_rate: p99<10ms}]":            {"closed"},
		"servers: [gin]\nmodes: [closed, open]\nfind_rate: p99<10ms\ntables: [{scenarios: [hello], trials: 1}]": {"closed"},
	} {
		p, warnings := resolve(t, file, plan.Overrides{Flags: plan.Flags{"mode": modes}}, catalogue(t))
		if x := p.Tables[0]; x.Objective != nil || !x.Closed || x.OpenDurationNS != 0 {
			t.Errorf("%s with --mode %v: %+v", file, modes, x)
		}
		if want := "the search for a rate is left out where the modes are closed only: hello"; !slices.Contains(warnings, want) {
			t.Errorf("%s with --mode %v warns %q, not %q", file, modes, warnings, want)
		}
	}
	p, _ := resolve(t, minimal, withFlags("--mode=closed,open --find-rate=p99<10ms"), catalogue(t))
	if p.Tables[0].Objective == nil {
		t.Error("both loops without a rate do not search")
	}
}

func TestAutoClientsEndAtTheLimit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		limit, threads, first, last, usual int
	}{
		{0, 1, 1, 1 << 14, 64}, {28232, 1, 1, 8192, 64}, {1000, 4, 4, 256, 64}, {40, 1, 1, 16, 16}, {1, 1, 1, 1, 1},
	} {
		c := catalogue(t)
		c.Connections.Max = tt.limit
		file := "servers: [gin]\nthreads: " + string(rune('0'+tt.threads)) + "\ntables: [{scenarios: [hello]}]"
		p, _ := resolve(t, file, withFlags("--clients=auto"), c)
		s := p.Tables[0].Sweep
		if first, last := s.Clients[0], s.Clients[len(s.Clients)-1]; !s.Auto || first != tt.first || last != tt.last || p.Tables[0].Clients != tt.usual {
			t.Errorf("limit %d, %d threads: %v and %d", tt.limit, tt.threads, s.Clients, p.Tables[0].Clients)
		}
	}
}

// A point of a sweep is a closed loop of its own; the ladder is the table's.
func TestSweepTables(t *testing.T) {
	t.Parallel()
	p, _ := resolve(t, "servers: [gin]\ntables: [{scenarios: [hello], rates: [50%], find_rate: p99<10ms}, {scenarios: [upload_20mb]}]", withFlags("--clients=64,4"), catalogue(t))
	for name, warmup := range map[string]time.Duration{"hello": plan.SweepWarmup, "upload_20mb": time.Second} {
		point := plan.SweepTable(table(t, p, name), 4)
		phases := plan.Phases(plan.Trial{Table: point}, p)
		if point.Clients != 4 || len(phases) != 2 || phases[0].Duration != warmup || phases[1].Name != results.PhaseClosed {
			t.Errorf("%s: %+v", name, phases)
		}
		if phases := plan.Phases(plan.Trial{Table: plan.WarmupTable(table(t, p, name))}, p); len(phases) != 1 || phases[0].Name != results.PhaseWarmup {
			t.Errorf("%s warms up with %+v", name, phases)
		}
	}
}
