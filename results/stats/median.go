package stats

import (
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// Confidence is the least coverage of an interval.
const Confidence = 0.95

// Kind is the meaning of Low and High of an Estimate.
type Kind string

// The kinds of estimates.
const (
	// None has no values at all.
	None Kind = "none"
	// Single is one value: Low and High repeat it.
	Single Kind = "single"
	// Range runs from the smallest to the largest of 2 to 5 values.
	Range Kind = "range"
	// Interval covers the true median with at least 95 %: from 6 values on.
	Interval Kind = "interval"
)

// Estimate is a median with its interval or range, in the unit of the values.
type Estimate struct {
	Value     float64
	Low, High float64
	// N is the number of values.
	N    int
	Kind Kind
}

// Median returns the median of the values with the narrowest symmetric interval of
// order statistics that covers the true median with at least 95 %; with the range
// of fewer than 6 values. It does not change the values; none may be NaN.
func Median(values []float64) Estimate {
	n := len(values)
	if n == 0 {
		return Estimate{Kind: None}
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	e := Estimate{Value: middle(sorted), Low: sorted[0], High: sorted[n-1], N: n, Kind: Range}
	if n == 1 {
		e.Kind = Single
		return e
	}
	if k := rank(n); k > 0 {
		e.Low, e.High, e.Kind = sorted[k-1], sorted[n-k], Interval
	}
	return e
}

// middle returns the median of sorted values.
func middle(sorted []float64) float64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	a, b := sorted[n/2-1], sorted[n/2]
	// Halves first: a sum of two large values must not overflow.
	return a/2 + b/2
}

// rank returns the largest k for which the k-th smallest and k-th largest of n
// values cover the median with at least 95 %; 0 for none.
func rank(n int) int {
	// The number of values below the true median is binomial(n, 1/2); the
	// interval misses it when fewer than k lie on one side.
	below := distuv.Binomial{N: float64(n), P: 0.5}
	return sort.Search(n/2, func(k int) bool { return 1-2*below.CDF(float64(k)) < Confidence })
}
