package run

import (
	"testing"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
)

// probed is a trial of hello on nginx with experiments on its closed loop.
func probed(state results.TrialState, probes ...results.Probe) *results.Trial {
	return &results.Trial{
		Kind: results.TrialMeasured, State: state, Server: "nginx", Scenario: "hello", Protocol: "h1",
		Loaders: []results.Report{{ConnectionsAsked: 64}},
		Phases:  []results.TrialPhase{{Name: results.PhaseClosed, Probes: probes}},
	}
}

// An experiment speaks for its cell, in a trial that counts.
func TestExperimentsAreKeptForTheirCell(t *testing.T) {
	t.Parallel()
	x := 0.9
	read := results.Probe{Kind: results.ProbeElasticity, Reading: &x}
	here := plan.Trial{Entry: results.PlanEntry{As: "nginx"}, Table: results.PlanTable{Scenario: "hello", Protocol: "h1"}}
	for name, c := range map[string]struct {
		trial *results.Trial
		kept  int
	}{
		"one that counts":   {probed(results.TrialOK, read), 1},
		"two experiments":   {probed(results.TrialOK, read, read), 2},
		"one that is void":  {probed(results.TrialVoid, read), 0},
		"one that is again": {probed(results.TrialRepeated, read), 0},
	} {
		r := &Runner{}
		r.keepProbes(c.trial)
		if got := len(r.probesOf(here)(64)); got != c.kept {
			t.Errorf("%s: %d experiments are kept, want %d", name, got, c.kept)
		}
		if len(r.probesOf(here)(8)) != 0 {
			t.Errorf("%s: 64 clients speak for 8", name)
		}
	}
}
