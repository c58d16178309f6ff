package run

import (
	"slices"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
)

// repeats decides which disturbed trials are done again (METHOD.md §6); what is
// disturbed beyond its budget is flagged only. The budget is spent in step with
// the run, so that the first trials do not use it up.
type repeats struct {
	budget, spent time.Duration
}

// newRepeats may spend the share, 0 to 1, of the planned time.
func newRepeats(planned time.Duration, share float64) repeats {
	return repeats{budget: time.Duration(share * float64(planned))}
}

// allow tells whether the trial is to be repeated when the share of the run is
// done that progress says, 0 to 1; cost is what the trial took. The reason is
// noted in the trial.
func (r *repeats) allow(t *results.Trial, progress float64, cost time.Duration) bool {
	phase, why := disturbed(t)
	if t.State != results.TrialOK || why == "" {
		return false
	}
	if r.spent+cost > time.Duration(progress*float64(r.budget)) {
		return false
	}
	r.spent += cost
	t.Reason = "disturbed in phase " + phase + ": " + why
	return true
}

// disturbed is the first measurement of the trial that the judge found
// disturbed, by its phase's name, with the reason; empty where there is none.
func disturbed(t *results.Trial) (phase, why string) {
	seen := slices.Clone(t.Phases)
	for i := range t.Sweep {
		seen = append(seen, t.Sweep[i].Seen)
	}
	if t.Search != nil {
		for i := range t.Search.Steps {
			seen = append(seen, t.Search.Steps[i].Seen)
		}
	}
	for i := range seen {
		if seen[i].Verdict.Has(results.FlagDisturbed) {
			return seen[i].Name, judge.Disturbance(seen[i].Verdict)
		}
	}
	return "", ""
}
