package run

import (
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/trial"
	"github.com/joust-bench/joust/results"
)

// foundKey names a trial whose search is confirmed by another.
type foundKey struct {
	server, scenario, protocol string
	repetition                 int
}

func keyOf(t plan.Trial) foundKey {
	return foundKey{t.Entry.As, t.Table.Scenario, t.Table.Protocol, t.Repetition}
}

// noteFound keeps what a trial's search found.
func (r *Runner) noteFound(t *results.Trial) {
	if t.Kind != results.TrialMeasured || t.State != results.TrialOK || t.Search == nil || t.Search.KeptRPS == nil || len(t.Loaders) == 0 {
		return
	}
	if r.found == nil {
		r.found = map[foundKey]trial.Candidate{}
	}
	r.found[foundKey{t.Server, t.Scenario, t.Protocol, t.Repetition}] = trial.Candidate{
		RateRPS: *t.Search.KeptRPS, Clients: t.Loaders[0].ConnectionsAsked, Stop: t.Search.Stop, AtLeast: t.Search.AtLeast,
	}
}

// nothingToConfirm reports whether the trial would confirm what was not found.
func (r *Runner) nothingToConfirm(t plan.Trial) bool {
	return t.Kind == results.TrialConfirm && r.found[keyOf(t)].RateRPS == 0
}
