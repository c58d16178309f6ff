package run

import (
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
)

// cell is what one experiment speaks for.
type cell struct {
	server, scenario, protocol string
	clients                    int
}

// probesOf returns the experiments made so far on the trial's cell, by clients.
func (r *Runner) probesOf(t plan.Trial) func(clients int) []results.Probe {
	return func(clients int) []results.Probe {
		return r.probes[cell{t.Entry.As, t.Table.Scenario, t.Table.Protocol, clients}]
	}
}

// keepProbes remembers the experiments of a trial that counts, so that the
// later trials of its cell are judged by them.
func (r *Runner) keepProbes(t *results.Trial) {
	if t.Kind != results.TrialMeasured || t.State != results.TrialOK || len(t.Loaders) == 0 {
		return
	}
	if r.probes == nil {
		r.probes = map[cell][]results.Probe{}
	}
	c := cell{t.Server, t.Scenario, t.Protocol, t.Loaders[0].ConnectionsAsked}
	for _, phase := range t.Phases {
		r.probes[c] = append(r.probes[c], phase.Probes...)
	}
}
