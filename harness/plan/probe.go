package plan

import (
	"fmt"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
)

// The phases of the experiments that a cell may need (METHOD.md §3).
const (
	probeWarmup = 300 * time.Millisecond
	probeWindow = 500 * time.Millisecond
	probeLead   = 50 * time.Millisecond
	// probeStretch bounds a window of a large transfer.
	probeStretch = 2 * time.Second
	// alternations is the number of windows with a slowed loader, and of those
	// without.
	alternations = 4
	// moreClients is the number of windows with twice the clients.
	moreClients = 3
)

// MostProbes is the largest number of tries of an experiment on one cell, each in
// another trial.
const MostProbes = 2

// ElasticityPhases returns a warm-up, and windows with the loader's own think spin
// in turn with windows in which each response costs the loader the delay more.
func ElasticityPhases(t results.PlanTable, own, delay time.Duration) []loaders.Phase {
	phases := []loaders.Phase{probeStart()}
	for i := range alternations {
		phases = append(phases, probePhase(t, "off", i, own), probePhase(t, "on", i, own+delay))
	}
	return phases
}

// ClientPhases returns a warm-up, and windows with the loader's own think spin.
func ClientPhases(t results.PlanTable, own time.Duration) []loaders.Phase {
	phases := []loaders.Phase{probeStart()}
	for i := range moreClients {
		phases = append(phases, probePhase(t, "clients", i, own))
	}
	return phases
}

func probeStart() loaders.Phase {
	return loaders.Phase{Name: "probe warm-up", Loop: results.ClosedLoop, Duration: probeWarmup}
}

func probePhase(t results.PlanTable, kind string, i int, spin time.Duration) loaders.Phase {
	p := loaders.Phase{
		Name: fmt.Sprintf("probe %s %d", kind, i+1), Loop: results.ClosedLoop, Measured: true,
		Duration: probeWindow, Lead: probeLead, ThinkSpin: spin,
	}
	if t.MinCompletions > 0 {
		p.MinCompletions, p.MaxDuration = t.MinCompletions, probeStretch
	}
	return p
}

// probeTime returns the longest time of a trial's experiment. A trial has none
// where CPU shares decide on the limit of its cell.
func probeTime(t Trial, p results.Plan) time.Duration {
	if t.Kind != results.TrialMeasured || t.Repetition > MostProbes || !t.Table.Closed || p.NoProbes {
		return 0
	}
	total := trialOverhead
	for _, x := range ElasticityPhases(t.Table, 0, 1) {
		total += aroundWindow(p) + x.Lead + max(x.Duration, x.MaxDuration) + ns(p.DrainNS)
	}
	return total
}
