package cli

import (
	"fmt"

	"github.com/joust-bench/joust/results"
)

// sweepOutcome is a trial's sweep in a few words; none without one.
func sweepOutcome(t *results.Trial) []string {
	if len(t.Sweep) == 0 || len(t.Loaders) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d of %d to %d clients", t.Loaders[0].ConnectionsAsked, t.Sweep[0].Clients, t.Sweep[len(t.Sweep)-1].Clients)}
}

// searchOutcome is a trial's search for a rate in a few words; none without one.
func searchOutcome(t *results.Trial) []string {
	s := t.Search
	if s == nil {
		return nil
	}
	what, none := "highest rate", "no rate kept the objective"
	if t.Kind == results.TrialConfirm {
		what, none = "confirmed", "not confirmed"
	}
	if s.KeptRPS == nil {
		return []string{none + ": " + s.Stop}
	}
	text := fmt.Sprintf("%s %.0f req/s", what, *s.KeptRPS)
	if s.AtLeast {
		text = fmt.Sprintf("%s ≥ %.0f req/s", what, *s.KeptRPS)
	}
	return []string{fmt.Sprintf("%s in %s", text, count(len(s.Steps), "step"))}
}
