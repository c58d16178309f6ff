package run

import (
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// probed is a trial of hello on nginx with experiments on its closed loop.
func probed(state results.TrialState, probes ...results.Probe) *results.Trial {
	return &results.Trial{
		Kind: results.TrialMeasured, State: state, Server: "nginx", Scenario: "hello", Protocol: "h1",
		Loaders: []results.Report{{ConnectionsAsked: 64}},
		Phases:  []results.TrialPhase{{Name: results.PhaseClosed, Probes: probes}},
	}
}

// An experiment speaks for its cell once it has a reading; one that failed is
// tried once more, in a trial that counts.
func TestExperimentsAreMadeOnceACell(t *testing.T) {
	t.Parallel()
	x := 0.9
	read, failed := results.Probe{Kind: results.ProbeElasticity, Reading: &x}, results.Probe{Kind: results.ProbeElasticity, Failed: "too noisy"}
	here := cellOf(plan.Trial{Entry: results.PlanEntry{As: "nginx"}, Table: results.PlanTable{Scenario: "hello", Protocol: "h1"}}, &results.Report{ConnectionsAsked: 64})
	for name, c := range map[string]struct {
		trials  []*results.Trial
		settled bool
	}{
		"none yet":                   {nil, false},
		"a reading":                  {[]*results.Trial{probed(results.TrialOK, read)}, true},
		"a failure":                  {[]*results.Trial{probed(results.TrialOK, failed)}, false},
		"two failures":               {[]*results.Trial{probed(results.TrialOK, failed), probed(results.TrialOK, failed)}, true},
		"a reading after a failure":  {[]*results.Trial{probed(results.TrialOK, failed), probed(results.TrialOK, read)}, true},
		"in a trial that was voided": {[]*results.Trial{probed(results.TrialVoid, read)}, false},
		"in one that was repeated":   {[]*results.Trial{probed(results.TrialRepeated, read)}, false},
		"of another kind":            {[]*results.Trial{probed(results.TrialOK, results.Probe{Kind: results.ProbeClients, Reading: &x})}, false},
	} {
		r := &Runner{}
		for _, trial := range c.trials {
			r.keepProbes(trial)
		}
		if got := settled(r.probes[here], results.ProbeElasticity); got != c.settled {
			t.Errorf("%s: settled is %t", name, got)
		}
	}
	r := &Runner{}
	other := probed(results.TrialOK, read)
	other.Loaders[0].ConnectionsAsked = 8
	r.keepProbes(other)
	if len(r.probes[here]) != 0 {
		t.Error("8 clients speak for 64")
	}
}

// The loader is slowed beyond what it does anyway, off and on in turn.
func TestPhasesOfTheElasticityProbe(t *testing.T) {
	t.Parallel()
	phases := plan.ElasticityPhases(results.PlanTable{}, 5*time.Microsecond, time.Microsecond)
	if len(phases) != 9 || phases[0].Measured {
		t.Fatalf("phases %+v, want a warm-up and eight windows", phases)
	}
	names := map[string]bool{}
	for i, p := range phases[1:] {
		want := 5 * time.Microsecond
		if i%2 == 1 {
			want += time.Microsecond
		}
		if p.ThinkSpin != want || !p.Measured || p.Duration != 500*time.Millisecond || p.Loop != results.ClosedLoop || names[p.Name] {
			t.Errorf("window %d is %+v", i, p)
		}
		names[p.Name] = true
	}
	spec := loaders.Spec{
		Target: loaders.Target{Network: "tcp", Address: "127.0.0.1:1"}, Connections: 1, Phases: phases,
	}.WithDefaults()
	spec.Requests = []scenarios.Request{{Name: "hello"}}
	if err := spec.Validate(); err != nil {
		t.Error(err)
	}
	for _, p := range plan.ClientPhases(results.PlanTable{MinCompletions: 50}, 5*time.Microsecond)[1:] {
		if p.ThinkSpin != 5*time.Microsecond || p.MinCompletions != 50 || p.MaxDuration < p.Duration {
			t.Errorf("%+v", p)
		}
	}
}
