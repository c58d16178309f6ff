package results

import (
	"fmt"
	"time"
)

// Objective is what a rate must keep to be found: a percentile of the corrected
// latency below a bound.
type Objective struct {
	// Percentile is "p50", "p90", "p99", "p99.9" or "max".
	Percentile string `json:"percentile"`
	// Quantile is the same as a share, above 0; 1 is the largest latency.
	Quantile float64 `json:"quantile"`
	BelowNS  int64   `json:"below_ns"`
}

// String is the objective as tables name it, such as "p99 < 10ms".
func (o Objective) String() string {
	return fmt.Sprintf("%s < %v", o.Percentile, time.Duration(o.BelowNS))
}

// SearchPhase is the name of the n-th phase of a search, from 1.
func SearchPhase(n int) string { return fmt.Sprintf("search %d", n) }

// ConfirmPhase is the name of the n-th phase of a confirmation, from 1.
func ConfirmPhase(n int) string { return fmt.Sprintf("confirm %d", n) }

// Search is what one trial found about the highest rate that keeps the table's
// objective, or, in a trial of kind TrialConfirm, about a rate found before.
type Search struct {
	// Steps stand in the order in which they ran; their phases are in the
	// loaders' reports.
	Steps []SearchStep `json:"steps"`
	// KeptRPS is the highest rate that kept the objective; absent where none
	// did.
	KeptRPS *float64 `json:"kept_rps,omitempty"`
	// AtLeast is true where something else than the server ended the search:
	// what the loader can pace, its own lag, or the highest rate asked for. Then
	// KeptRPS is a lower bound, and where it is absent nothing is said.
	AtLeast bool `json:"at_least,omitempty"`
	// Stop says in words, with numbers, why no higher rate was found.
	Stop string `json:"stop"`
}

// SearchStep is one rate of a search.
type SearchStep struct {
	RateRPS float64 `json:"rate_rps"`
	Kept    bool    `json:"kept"`
	// Why says why the rate was not kept; empty where it was.
	Why string `json:"why,omitempty"`
	// Loader is true where the loader, not the server, may be why.
	Loader bool `json:"loader,omitempty"`
	// LatencyNS is the objective's percentile; absent where the window had too
	// few samples for it.
	LatencyNS *int64 `json:"latency_ns,omitempty"`
	// Achieved is achieved ÷ offered.
	Achieved float64 `json:"achieved"`
	// Seen is what the harness saw of the phase, with its verdict.
	Seen TrialPhase `json:"seen"`
}

// Kept is the step at the highest rate that kept the objective, or nil.
func (s *Search) Kept() *SearchStep {
	for i := range s.Steps {
		if step := &s.Steps[i]; step.Kept && s.KeptRPS != nil && step.RateRPS == *s.KeptRPS {
			return step
		}
	}
	return nil
}

// SweepPoint is one number of clients of a sweep: a loader process of its own
// on the trial's server.
type SweepPoint struct {
	Clients int `json:"clients"`
	// Report is absent where the loader could not begin; Seen says why.
	Report *Report `json:"report,omitempty"`
	// Seen is what the harness saw of the closed loop, with its verdict.
	Seen TrialPhase `json:"seen"`
}
