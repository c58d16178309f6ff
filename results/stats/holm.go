package stats

import (
	"cmp"
	"slices"
)

// Holm adjusts the p-values of one family of tests so that each may be held
// against Significance: rejecting those at or below it errs anywhere in the
// family with at most that probability, however the tests depend on each other
// (Holm, Scand. J. Statist. 6, 1979). The order is that of the argument.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	adjusted := make([]float64, len(p))
	least := 0.0
	for step, i := range order {
		// A p never passes below one that is smaller.
		least = max(least, p[i]*float64(len(p)-step))
		adjusted[i] = min(least, 1)
	}
	return adjusted
}
