package results

import (
	"fmt"
	"time"
)

// Objective is a figure of the corrected latency with its upper bound.
type Objective struct {
	// Percentile is a percentile such as "p99" or "p99.95", or "min", "max", "mean"
	// or "stdev".
	Percentile string `json:"percentile"`
	// Quantile is the percentile as a share, above 0; 1 is the largest latency. It
	// is 0 for a figure that is no percentile.
	Quantile float64 `json:"quantile"`
	BelowNS  int64   `json:"below_ns"`
}

// String returns the objective as tables name it, such as "p99 < 10ms".
func (o Objective) String() string {
	return fmt.Sprintf("%s < %v", o.Percentile, time.Duration(o.BelowNS))
}

// SearchPhase returns the name of the n-th phase of a search, from 1.
func SearchPhase(n int) string { return fmt.Sprintf("search %d", n) }

// ConfirmPhase returns the name of the n-th phase of a confirmation, from 1.
func ConfirmPhase(n int) string { return fmt.Sprintf("confirm %d", n) }

// Search is one trial's search for the highest rate that keeps the table's
// objective, or the confirmation of that rate in a trial of kind TrialConfirm.
type Search struct {
	// Steps are in order; the loaders' reports hold their phases.
	Steps []SearchStep `json:"steps"`
	// KeptRPS is the highest rate that kept the objective; absent for none.
	KeptRPS *float64 `json:"kept_rps,omitempty"`
	// AtLeast is true where the server did not end the search, but the loader's
	// pacing, its own lag, or the highest rate allowed. KeptRPS is then a lower
	// bound; an absent one says nothing.
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
	// Loader is true where the loader, not the server, may be the cause.
	Loader bool `json:"loader,omitempty"`
	// LatencyNS is the objective's figure; absent with too few samples.
	LatencyNS *int64 `json:"latency_ns,omitempty"`
	// Achieved is achieved ÷ offered.
	Achieved float64 `json:"achieved"`
	// Seen is the harness's measurement of the phase, with its verdict.
	Seen TrialPhase `json:"seen"`
}

// Best returns the step at the highest rate that kept the objective, or nil.
func (s *Search) Best() *SearchStep {
	return first(s.Steps, func(step *SearchStep) bool { return step.Kept && s.KeptRPS != nil && step.RateRPS == *s.KeptRPS })
}

// SweepPoint is one number of clients of a sweep, with a loader of its own.
type SweepPoint struct {
	Clients int `json:"clients"`
	// Report is absent where the loader could not begin; Seen says why.
	Report *Report `json:"report,omitempty"`
	// Seen is the harness's measurement of the closed loop, with its verdict.
	Seen TrialPhase `json:"seen"`
}
