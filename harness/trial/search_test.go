package trial

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/harness/knee"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/plan/plantest"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// hunting is a load of a trial that searches for the highest rate with p99 < 10
// ms.
func hunting(kind results.TrialKind) *load {
	p := plantest.Ladder()
	table := p.Tables[0]
	table.Rates, table.Objective = nil, &results.Objective{Percentile: "p99", Quantile: 0.99, BelowNS: 10e6}
	t := plan.Trial{Kind: kind, Entry: p.Entries[0], Table: table, Repetition: 1}
	a := &attempt{Bench: &Bench{Plan: &p}, Task: Task{Trial: t, Row: &scenarios.Scenario{Name: "hello", Depth: 1}, Probes: func(int) []results.Probe { return nil }}, on: &launch.Server{}}
	l := a.load(t)
	l.ready = loaders.Ready{Asked: 64, Connections: 64}
	l.sampler = NewSampler(context.Background(), results.CPUSplit{})
	return l
}

// slowAbove is a server that keeps up to a rate and is slow above it.
func slowAbove(rate float64) func(float64) time.Duration {
	return func(r float64) time.Duration {
		if r > rate {
			return 20 * time.Millisecond
		}
		return time.Millisecond
	}
}

// simulate runs the search against a simulated server whose latency at a rate is
// given, and returns its rates and windows.
func (l *load) simulate(t interface{ Fatalf(string, ...any) }, latency func(rate float64) time.Duration) (search *results.Search, asked []loaders.Adjustment) {
	report := results.Report{}
	answers := map[time.Duration]*results.Histogram{}
	for _, phase := range l.spec.Phases {
		if !phase.NeedsResult {
			continue
		}
		if !phase.Adjust {
			t.Fatalf("%s has a fixed rate", phase.Name)
		}
		a, _ := l.Adjust(context.Background(), phase.Name)
		result := results.Phase{Name: phase.Name, Loop: results.OpenLoop, Measured: true, Skipped: a.Skip}
		if a.Skip == "" {
			asked = append(asked, a)
			took := latency(a.RateRPS)
			if answers[took] == nil {
				answers[took] = thousand(t, took)
			}
			n := uint64(a.RateRPS * a.Duration.Seconds())
			result.T1NS, result.MinConnectionsOpen = a.Duration.Nanoseconds(), 64
			result.Rate = &results.RateReport{TargetRPS: a.RateRPS, Offered: n, Achieved: n}
			result.Total = results.Group{Completed: n, Corrected: answers[took]}
			l.PhaseDone(loaders.PhaseDone{Phase: phase.Name, Result: &result})
		}
		report.Phases = append(report.Phases, result)
	}
	search = l.rates.searched(&report)
	if len(report.Phases) != len(asked) {
		t.Fatalf("%d phases are left of %d that ran", len(report.Phases), len(asked))
	}
	return search, asked
}

// thousand is a thousand requests that took as long each.
func thousand(t interface{ Fatalf(string, ...any) }, latency time.Duration) *results.Histogram {
	var h record.Histogram
	for range 1000 {
		h.Record(latency.Nanoseconds())
	}
	r, err := h.Result()
	if err != nil {
		t.Fatalf("%v", err)
	}
	return r
}

// The search finds a simulated server's knee between the share of the peak at
// which it starts and the highest rate allowed.
func TestSearchFindsTheKneeOfAServer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		truth := math.Exp(rapid.Float64Range(math.Log(300), math.Log(14000)).Draw(t, "log truth"))
		l := hunting(results.TrialMeasured)
		l.PhaseDone(loaders.PhaseDone{Phase: results.PhaseClosed, ThroughputRPS: 10000, CPUPerRequestNS: 10000, Threads: 1})
		search, asked := l.simulate(t, slowAbove(truth))
		if search.KeptRPS == nil || *search.KeptRPS > truth || *search.KeptRPS*knee.Resolution < truth || search.AtLeast {
			t.Fatalf("truth %v: %+v", truth, search)
		}
		if step := search.Best(); step == nil || *step.LatencyNS > 1.01e6 || len(search.Steps) != len(asked) || !strings.Contains(search.Stop, "p99 was 20ms ≥ 10ms") {
			t.Fatalf("truth %v: %+v, the step %+v", truth, search, step)
		}
		for _, a := range asked {
			if a.RateRPS*a.Duration.Seconds() < 1000 || a.Duration < time.Second {
				t.Fatalf("a window of %v at %v req/s", a.Duration, a.RateRPS)
			}
		}
	})
}

func TestSearchEndsInWords(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		peak, cost, truth float64
		quantile          float64
		kept              float64
		atLeast           bool
		stop              string
		steps             int
	}{
		"the loader is the limit":             {10000, 50e3, 1e9, 0.99, 14000, true, "beyond the loader", 4},
		"more than the peak is not asked for": {10000, 10e3, 1e9, 0.99, 15000, true, "no more than 1.5 × the closed loop's peak", 4},
		"nothing is kept":                     {10000, 10e3, 1, 0.99, 0, false, "at 156 req/s p99 was 20ms ≥ 10ms", 10},
		"no peak":                             {0, 10e3, 1e9, 0.99, 0, false, "the closed loop completed nothing", 0},
		"too slow for the percentile":         {400, 10e3, 1e9, 0.999, 0, false, "takes 10400 requests a window: at 600 req/s that is 17.3 s, more than the 10s allowed", 0},
	} {
		l := hunting(results.TrialMeasured)
		l.trial.Table.Objective.Quantile = tt.quantile
		l.PhaseDone(loaders.PhaseDone{Phase: results.PhaseClosed, ThroughputRPS: tt.peak, CPUPerRequestNS: tt.cost, Threads: 1})
		search, _ := l.simulate(t, slowAbove(tt.truth))
		got := 0.0
		if search.KeptRPS != nil {
			got = *search.KeptRPS
		}
		if math.Abs(got-tt.kept) > 1 || search.AtLeast != tt.atLeast || !strings.Contains(search.Stop, tt.stop) || len(search.Steps) != tt.steps {
			t.Errorf("%s: %v req/s in %d steps, at least: %t, %s", name, got, len(search.Steps), search.AtLeast, search.Stop)
		}
	}
}

// A confirmation takes the candidate's rate and clients, and lowers the rate as
// long as it misses.
func TestConfirmation(t *testing.T) {
	t.Parallel()
	rate := 1000.0
	for truth, want := range map[float64]struct {
		kept float64
		stop string
	}{
		1000: {1000, "why the search stopped"},
		960:  {1000 / 1.05, "at 1000 req/s p99 was 20ms"},
		100:  {0, "at 711 req/s p99 was 20ms"},
	} {
		l := hunting(results.TrialConfirm)
		l.Candidate = Candidate{RateRPS: rate, Clients: 8, Stop: "why the search stopped", AtLeast: true}
		if err := l.chooseClients(t.Context(), &results.Trial{}); err != nil || l.Trial.Table.Clients != 8 {
			t.Errorf("%d clients confirm what 8 found, %v", l.Trial.Table.Clients, err)
		}
		search, asked := l.simulate(t, slowAbove(truth))
		got := 0.0
		if search.KeptRPS != nil {
			got = *search.KeptRPS
		}
		if math.Abs(got-want.kept) > 1 || !strings.Contains(search.Stop, want.stop) || search.AtLeast != (got == rate) {
			t.Errorf("truth %v: %v req/s, %+v", truth, got, search)
		}
		if asked[0].Duration != plan.ConfirmFactor*time.Second {
			t.Errorf("confirmed in windows of %v", asked[0].Duration)
		}
	}
}

func TestPointRates(t *testing.T) {
	t.Parallel()
	point := func(valid bool, completed uint64) results.SweepPoint {
		return results.SweepPoint{
			Report: &results.Report{Phases: []results.Phase{{Name: results.PhaseClosed, T1NS: 1e9, Total: results.Group{Completed: completed}}}},
			Seen:   results.TrialPhase{Verdict: results.Verdict{Valid: valid}},
		}
	}
	points := []results.SweepPoint{point(true, 100), point(false, 900), {Seen: results.TrialPhase{Verdict: results.Verdict{Valid: true}}}, point(true, 300)}
	if got := pointRates(points); len(got) != 4 || got[0] != 100 || got[1] != 0 || got[2] != 0 || got[3] != 300 {
		t.Errorf("rates %v", got)
	}
}

// The sum of two loaders keeps a rate that one of them did not.
func TestStepIsJudgedForEachLoader(t *testing.T) {
	t.Parallel()
	l := hunting(results.TrialMeasured)
	l.ready.Parts = []loaders.Ready{{Asked: 32, Connections: 32}, {Asked: 32, Connections: 32}}
	l.PhaseDone(loaders.PhaseDone{Phase: results.PhaseClosed, ThroughputRPS: 10000, CPUPerRequestNS: 10000, Threads: 2})
	a, err := l.Adjust(t.Context(), results.SearchPhase(1))
	if err != nil || a.Skip != "" {
		t.Fatal(a, err)
	}
	result := func(connections int, offered, achieved uint64) loaders.PhaseDone {
		return loaders.PhaseDone{Phase: a.Phase, Threads: 1, Result: &results.Phase{
			Name: a.Phase, Loop: results.OpenLoop, Measured: true, T1NS: a.Duration.Nanoseconds(), MinConnectionsOpen: connections,
			Rate:  &results.RateReport{TargetRPS: a.RateRPS, Offered: offered, Achieved: achieved},
			Total: results.Group{Completed: achieved, Corrected: thousand(t, time.Millisecond)}, Threads: []results.ThreadUse{{Work: 0.5}},
		}}
	}
	done := result(64, 2000, 1985)
	done.Parts = []loaders.PhaseDone{result(32, 1000, 1000), result(32, 1000, 985)}
	l.PhaseDone(done)
	search := l.rates.searched(&results.Report{})
	if len(search.Steps) != 1 {
		t.Fatalf("%+v", search)
	}
	if step := search.Steps[0]; step.Kept || !step.Loader || !strings.HasPrefix(step.Why, "loader 2 of 2: 98.5 % of what was offered was answered in the window < 99.0 %") {
		t.Errorf("%+v", step)
	}
}
