package stats

import (
	"math"
	"slices"
)

// Ratio is how one sample compares to another: 1.05 is 5 % more.
type Ratio struct {
	Value float64
	// Low and High are its interval, and Coverage the probability with which
	// such an interval holds the true ratio: at least Confidence where the
	// number of values allows it, else what the widest one reaches.
	Low, High float64
	Coverage  float64
}

// HodgesLehmann is the ratio b/a of two samples: exp of the median of all
// differences of logarithms (Hodges and Lehmann, Ann. Math. Stat. 34, 1963),
// with the exact interval that belongs to MannWhitney (Moses; Hollander and
// Wolfe, Nonparametric Statistical Methods, §4.3). It is false for an empty
// side and where a value is not a positive number.
func HodgesLehmann(a, b []float64) (Ratio, bool) {
	if !positive(a) || !positive(b) {
		return Ratio{}, false
	}
	d := differences(a, b)
	c, p := critical(len(a), len(b), 1-Confidence)
	if c < 0 {
		c, p = 0, smallestP(len(a), len(b))
	}
	return Ratio{
		Value: math.Exp(middle(d)), Low: math.Exp(d[c]), High: math.Exp(d[len(d)-1-c]), Coverage: 1 - p,
	}, true
}

// positive tells whether there are values and all are finite and above 0.
func positive(values []float64) bool {
	for _, v := range values {
		if !(v > 0) || math.IsInf(v, 1) {
			return false
		}
	}
	return len(values) > 0
}

// differences are all log b − log a, sorted.
func differences(a, b []float64) []float64 {
	d := make([]float64, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			d = append(d, math.Log(y)-math.Log(x))
		}
	}
	slices.Sort(d)
	return d
}
