package compare

import (
	"fmt"
	"math"

	"github.com/joust-bench/joust/results/stats"
)

// judge decides every row of the family.
func (f *Family) judge() {
	var cells [][]float64
	var p []float64
	var tested []*Row
	for i := range f.Rows {
		r := &f.Rows[i]
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
		r.PHolm = &adjusted
		if band := spread.NoiseBand(r.Old.N, r.New.N); !math.IsInf(band, 0) {
			r.Band = &band
		}
		r.decide(f.Comparisons)
		least = min(least, r.Old.N, r.New.N)
	}
	if len(tested) > 0 {
		if d := stats.SmallestDetectable(least, spread, f.Comparisons); !math.IsInf(d, 0) {
			f.Detectable = &d
		}
	}
}

// driftRows is the number of servers from which on a common direction is no
// luck: all of 5 move the same way in 1 of 16 comparisons of equal servers.
const driftRows = 5

// drift says that all servers moved the same way by more than the least band,
// which is what another machine does; "" where they did not.
func (f *Family) drift() string {
	var ratios []float64
	up := 0
	for i := range f.Rows {
		if r := f.Rows[i].Ratio; r != nil {
			ratios = append(ratios, r.Value)
			if r.Value > 1 {
				up++
			}
		}
	}
	m := stats.Median(ratios).Value
	if len(ratios) < driftRows || up > 0 && up < len(ratios) || !stats.Outside(m, stats.LeastBand) {
		return ""
	}
	return fmt.Sprintf("%s, %s, %s: %s of all %d servers moved the same way (median %s): suspect the machine before the servers",
		f.Scenario, f.Protocol, f.Phase, name(f.Metric), len(ratios), percent(m-1))
}

// test computes ratio and p, or says why it cannot.
func (r *Row) test() bool {
	if r.Old.N == 0 || r.New.N == 0 {
		name, v := "OLD", r.Old
		switch {
		case r.Old.N > 0:
			name, v = "NEW", r.New
		case r.New.N == 0:
			name = "neither side"
		}
		r.Outcome, r.Why = NotMeasured, fmt.Sprintf("%s: %s", name, v.Missing)
		return false
	}
	ratio, ok := stats.HodgesLehmann(r.Old.values, r.New.values)
	if !ok {
		r.Outcome, r.Why = Undecided, "a value is 0, so there is no ratio"
		return false
	}
	r.Ratio = &Ratio{ratio.Value, ratio.Low, ratio.High, ratio.Coverage}
	p := stats.MannWhitney(r.Old.values, r.New.values)
	r.P = &p
	return true
}

// decide calls the row or says why it does not (METHOD.md §4).
func (r *Row) decide(comparisons int) {
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
