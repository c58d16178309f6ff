package stats

import (
	"math"
	"slices"
)

// Ratio is the ratio of two samples with its interval: 1.05 is 5 % more.
type Ratio struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	// Coverage is the probability that the interval holds the true ratio: at least
	// Confidence, or less where the widest interval of so few values has less.
	Coverage float64 `json:"coverage"`
}

// HodgesLehmann returns the ratio b/a of two samples: exp of the median of all
// differences of logarithms (Hodges and Lehmann, Ann. Math. Stat. 34, 1963),
// with the interval that belongs to MannWhitney (Moses; Hollander and Wolfe,
// Nonparametric Statistical Methods, §4.3). It is false for an empty side and
// where a value is not a positive number. It takes memory for the values, not
// for their pairs, and time in proportion to n log n.
func HodgesLehmann(a, b []float64) (Ratio, bool) {
	if !positive(a) || !positive(b) {
		return Ratio{}, false
	}
	c, p := critical(len(a), len(b), 1-Confidence)
	if c < 0 {
		c, p = 0, smallestP(len(a), len(b))
	}
	x, y, pairs := logs(a), logs(b), len(a)*len(b)
	median := difference(x, y, pairs/2)
	if pairs%2 == 0 {
		median = (difference(x, y, pairs/2-1) + median) / 2
	}
	return Ratio{
		Value: math.Exp(median), Low: math.Exp(difference(x, y, c)), High: math.Exp(difference(x, y, pairs-1-c)), Coverage: 1 - p,
	}, true
}

// positive reports whether there are values and all are finite and above 0.
func positive(values []float64) bool {
	for _, v := range values {
		if !(v > 0) || math.IsInf(v, 1) {
			return false
		}
	}
	return len(values) > 0
}

// logs returns the logarithms of the values, sorted.
func logs(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = math.Log(v)
	}
	slices.Sort(out)
	return out
}

// difference returns the k-th smallest, from 0, of all differences y − x between
// two sorted samples. It halves the interval in which the difference lies and
// counts the pairs below, until the ends are neighbours: it is exact.
func difference(x, y []float64, k int) float64 {
	low, high := y[0]-x[len(x)-1], y[len(y)-1]-x[0]
	for {
		middle := low + (high-low)/2
		switch {
		case middle > low && middle < high && pairsUpTo(x, y, middle) <= k:
			low = middle
		case middle > low && middle < high:
			high = middle
		case pairsUpTo(x, y, low) > k:
			return low
		default:
			return high
		}
	}
}

// pairsUpTo counts the pairs whose difference y − x is at most d.
func pairsUpTo(x, y []float64, d float64) int {
	count, j := 0, 0
	for _, v := range x {
		for j < len(y) && y[j]-v <= d {
			j++
		}
		count += j
	}
	return count
}
