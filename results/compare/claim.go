package compare

import (
	"fmt"
	"math"

	"github.com/joust-bench/joust/results/stats"
)

// judge decides every change of the family.
func (f *Family) judge() {
	var cells [][]float64
	var p []float64
	var tested []*Change
	for i := range f.Changes {
		r := &f.Changes[i]
		if r.Outcome == "" && r.test() {
			tested = append(tested, r)
			p = append(p, *r.P)
		}
		cells = append(cells, r.Old.values, r.New.values)
	}
	f.Comparisons = len(tested)
	spread := stats.PooledSpread(cells)
	least := math.MaxInt
	for i, adjusted := range stats.Holm(p) {
		r := tested[i]
		r.PHolm, r.Band = &adjusted, finite(spread.NoiseBand(r.Old.N, r.New.N))
		r.decide(f.Comparisons)
		least = min(least, r.Old.N, r.New.N)
	}
	if len(tested) > 0 {
		f.Detectable = finite(stats.SmallestDetectable(least, spread, f.Comparisons))
	}
}

// finite returns x, nil for infinity.
func finite(x float64) *float64 {
	if math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// driftRows is the number of servers from which on a common direction is no
// luck: all of 5 move the same way in 1 of 16 comparisons of equal servers.
const driftRows = 5

// drift says that all servers moved the same way by more than the least band,
// as another machine makes them do; empty where they did not.
func (f *Family) drift() string {
	var ratios []float64
	up := 0
	for _, r := range f.Changes {
		if r.Ratio != nil {
			ratios = append(ratios, r.Ratio.Value)
			if r.Ratio.Value > 1 {
				up++
			}
		}
	}
	m := stats.Median(ratios).Value
	if len(ratios) < driftRows || up > 0 && up < len(ratios) || !stats.Outside(m, stats.LeastBand) {
		return ""
	}
	return fmt.Sprintf("%s: %s of all %d servers moved the same way (median %s): suspect the machine before the servers",
		f.table(), name(f.Metric), len(ratios), percent(m-1))
}

// test computes ratio and p, or says why it cannot.
func (r *Change) test() bool {
	missing := ""
	switch {
	case r.Old.N > 0 && r.New.N > 0:
	case r.Old.N > 0:
		missing = "NEW: " + r.New.Missing
	case r.New.N > 0:
		missing = "OLD: " + r.Old.Missing
	default:
		missing = "neither side: " + r.Old.Missing
	}
	if missing != "" {
		r.Outcome, r.Why = NotMeasured, missing
		return false
	}
	ratio, ok := stats.HodgesLehmann(r.Old.values, r.New.values)
	if !ok {
		r.Outcome, r.Why = Undecided, "a value is 0, so there is no ratio"
		return false
	}
	p := stats.MannWhitney(r.Old.values, r.New.values)
	r.Ratio, r.P = &ratio, &p
	return true
}

// decide calls the change or says why it does not (METHOD.md §4).
func (r *Change) decide(comparisons int) {
	up := r.Ratio.Value > 1
	switch {
	case !stats.CanDecide(r.Old.N, r.New.N, comparisons):
		r.Outcome = Undecided
		r.Why = fmt.Sprintf("needs %d trials a side", stats.TrialsToDecide(comparisons))
	// A lower bound that lies lower says nothing: the truth may be above.
	case up && r.Old.AtLeast, !up && r.New.AtLeast:
		r.Outcome, r.Why = Undecided, "a lower bound cannot be the lower one of two"
	case !stats.Significant(*r.PHolm):
		r.Outcome, r.Why = NotCalled, fmt.Sprintf("p %s after Holm", probability(*r.PHolm))
	case r.Band == nil || !stats.Outside(r.Ratio.Value, *r.Band):
		r.Outcome, r.Why = NotCalled, "within the noise band"
	case up:
		r.Outcome = Higher
	default:
		r.Outcome = Lower
	}
}
