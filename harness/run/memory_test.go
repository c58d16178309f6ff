package run

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/plan/plantest"
	"github.com/joust-bench/joust/harness/trial"
	"github.com/joust-bench/joust/results"
)

// confirming returns the trial that confirms a knee of nginx.
func confirming() plan.Trial {
	p := plantest.Ladder()
	return plan.Trial{Kind: results.TrialConfirm, Entry: p.Entries[0], Table: p.Tables[0], Repetition: 1}
}

// searched returns a trial whose search kept a rate with 8 clients.
func searched() results.Trial {
	rate := 1000.0
	t := stored(confirming(), results.TrialOK)
	t.Kind, t.Loaders = results.TrialMeasured, []results.Report{{ConnectionsAsked: 8}}
	t.Search = &results.Search{KeptRPS: &rate, AtLeast: true, Stop: "why the search stopped"}
	return t
}

// The knee of a search goes to the trial that confirms it, with its clients.
func TestKneeIsConfirmed(t *testing.T) {
	t.Parallel()
	var m memory
	if got := m.knee(confirming()); got != (trial.Candidate{}) {
		t.Errorf("before any search there is %+v to confirm", got)
	}
	search := searched()
	m.keep(&search)
	want := trial.Candidate{RateRPS: 1000, Clients: 8, Stop: "why the search stopped", AtLeast: true}
	if d := cmp.Diff(want, m.knee(confirming())); d != "" {
		t.Error(d)
	}
}

// Only a search that counts is confirmed.
func TestKneesOfValidSearchesOnly(t *testing.T) {
	t.Parallel()
	var m memory
	for name, edit := range map[string]func(*results.Trial){
		"void":       func(t *results.Trial) { t.State = results.TrialVoid },
		"repeated":   func(t *results.Trial) { t.State = results.TrialRepeated },
		"no search":  func(t *results.Trial) { t.Search = nil },
		"no knee":    func(t *results.Trial) { t.Search.KeptRPS = nil },
		"confirming": func(t *results.Trial) { t.Kind = results.TrialConfirm },
		"another":    func(t *results.Trial) { t.Repetition = 2 },
	} {
		search := searched()
		edit(&search)
		m.keep(&search)
		if m.knee(confirming()).RateRPS != 0 {
			t.Errorf("a trial that is %s was noted", name)
		}
	}
}

// probed returns a trial of hello on nginx with experiments on its closed loop.
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
		trial  *results.Trial
		probes int
	}{
		"one that counts":      {probed(results.TrialOK, read), 1},
		"two experiments":      {probed(results.TrialOK, read, read), 2},
		"one that is void":     {probed(results.TrialVoid, read), 0},
		"one that is repeated": {probed(results.TrialRepeated, read), 0},
	} {
		var m memory
		m.keep(c.trial)
		if got := len(m.probesOf(here)(64)); got != c.probes {
			t.Errorf("%s: %d experiments are kept, want %d", name, got, c.probes)
		}
		if len(m.probesOf(here)(8)) != 0 {
			t.Errorf("%s: 64 clients speak for 8", name)
		}
	}
}
