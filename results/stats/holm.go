package stats

import (
	"slices"

	"gonum.org/v1/gonum/floats"
)

// Holm adjusts the p-values of one family of tests, in their order. Rejecting
// those at or below Significance errs anywhere in the family with at most that
// probability, however the tests depend on each other (Holm, Scand. J. Statist.
// 6, 1979).
func Holm(p []float64) []float64 {
	sorted, order := slices.Clone(p), make([]int, len(p))
	floats.ArgsortStable(sorted, order)
	adjusted := make([]float64, len(p))
	least := 0.0
	for step, i := range order {
		// A p is adjusted to no less than a smaller one.
		least = max(least, p[i]*float64(len(p)-step))
		adjusted[i] = min(least, 1)
	}
	return adjusted
}
