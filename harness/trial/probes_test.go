package trial

import (
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// An experiment needs no further try once it has a reading, or has failed often
// enough.
func TestSettled(t *testing.T) {
	t.Parallel()
	x := 0.9
	read, failed := results.Probe{Kind: results.ProbeElasticity, Reading: &x}, results.Probe{Kind: results.ProbeElasticity, Failed: "too noisy"}
	for name, c := range map[string]struct {
		made    []results.Probe
		settled bool
	}{
		"none yet":                  {nil, false},
		"a reading":                 {[]results.Probe{read}, true},
		"a failure":                 {[]results.Probe{failed}, false},
		"two failures":              {[]results.Probe{failed, failed}, true},
		"a reading after a failure": {[]results.Probe{failed, read}, true},
		"of another kind":           {[]results.Probe{{Kind: results.ProbeClients, Reading: &x}}, false},
	} {
		if got := settled(c.made, results.ProbeElasticity); got != c.settled {
			t.Errorf("%s: settled is %t", name, got)
		}
	}
}

// The probe adds to the loader's own CPU time, off and on in turn.
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
