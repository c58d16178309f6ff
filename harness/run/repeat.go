package run

import (
	"fmt"
	"time"

	"github.com/joust-bench/joust/results"
)

const (
	// repeatSteal is the share of a window that the hypervisor may take before
	// the trial is done again. Less is flagged only: on a machine that is
	// shared for good, hardly a window would pass the limit of the flag.
	repeatSteal = 0.10
	// DefaultRepeatBudget is the share of the planned time that repeating may
	// take (method.md §6).
	DefaultRepeatBudget = 0.20
)

// repeats decides which disturbed trials are done again. Its budget is spent in
// step with the run, so that the first trials do not use it up.
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
	steal, phase := worstSteal(t)
	if t.State != results.TrialOK || steal <= repeatSteal {
		return false
	}
	if r.spent+cost > time.Duration(progress*float64(r.budget)) {
		return false
	}
	r.spent += cost
	t.Reason = fmt.Sprintf("disturbed, so it is repeated: the hypervisor took %.0f %% of the CPUs' time in phase %q > %.0f %%",
		steal*100, phase, repeatSteal*100)
	return true
}

// worstSteal is the largest share of a measured window that the hypervisor
// took, 0 to 1, and the window's phase.
func worstSteal(t *results.Trial) (share float64, phase string) {
	worst := func(p *results.TrialPhase, name string) {
		if s := p.StealShare; s != nil && *s > share {
			share, phase = *s, name
		}
	}
	for i := range t.Phases {
		worst(&t.Phases[i], t.Phases[i].Name)
	}
	for i := range t.Sweep {
		worst(&t.Sweep[i].Seen, fmt.Sprintf("%d clients", t.Sweep[i].Clients))
	}
	if t.Search != nil {
		for i := range t.Search.Steps {
			worst(&t.Search.Steps[i].Seen, t.Search.Steps[i].Seen.Name)
		}
	}
	return share, phase
}
