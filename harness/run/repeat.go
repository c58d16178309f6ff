package run

import (
	"slices"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
)

// repeats decides which disturbed trials are done again (METHOD.md §6). Trials
// beyond its budget are only flagged. The budget is released in step with the run:
// the first trials cannot use it up.
type repeats struct {
	budget, spent time.Duration
}

// newRepeats returns a budget of that share, 0 to 1, of the planned time.
func newRepeats(planned time.Duration, share float64) repeats {
	return repeats{budget: time.Duration(share * float64(planned))}
}

// allow reports whether the trial is disturbed and the budget, released in
// proportion to progress (0 to 1), covers its cost once more. The trial gets the
// reason.
func (r *repeats) allow(t *results.Trial, progress float64, cost time.Duration) bool {
	phase, why := disturbed(t)
	if t.State != results.TrialOK || t.Kind == results.TrialProfile || why == "" {
		return false
	}
	if r.spent+cost > time.Duration(progress*float64(r.budget)) {
		return false
	}
	r.spent += cost
	t.Reason = "disturbed in phase " + phase + ": " + why
	return true
}

// disturbed returns the phase of the trial's first measurement that the judge
// calls disturbed, with the reason; empty where there is none.
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
