package stats

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// LeastBand is the least noise band: no difference below 1 % is claimed.
const LeastBand = 0.01

// Spread is the noise of a metric within the cells of a table.
type Spread struct {
	// Value is the pooled standard deviation of logarithms, 0.04 for 4 %.
	Value float64
	// Upper is its one-sided 95 % upper bound, s⁺ of METHOD.md §4: Value ·
	// √(df ÷ χ²) with the 5 % point of χ² (NIST/SEMATECH e-Handbook §7.2.3).
	Upper float64
	// Degrees are the degrees of freedom; 0 for no spread.
	Degrees int
}

// PooledSpread pools the spread within the cells over all of them, without cells
// that have fewer than two values, or one that is not a positive number.
func PooledSpread(cells [][]float64) Spread {
	s, squares := Spread{}, 0.0
	for _, values := range cells {
		if len(values) < 2 || !positive(values) {
			continue
		}
		s.Degrees += len(values) - 1
		squares += stat.Variance(logs(values), nil) * float64(len(values)-1)
	}
	if s.Degrees == 0 {
		return s
	}
	s.Value = math.Sqrt(squares / float64(s.Degrees))
	df := float64(s.Degrees)
	s.Upper = s.Value * math.Sqrt(df/distuv.ChiSquared{K: df}.Quantile(1-Confidence))
	return s
}

// NoiseBand returns the band of a comparison of a with b values: max(1 %, 1.96 ·
// s⁺ · √(1/a + 1/b)), which is METHOD.md §4's √(2/n) where both are n. A ratio
// within it, from 1/(1+band) to 1+band, is noise whatever a test says. It is
// infinite without a spread.
func (s Spread) NoiseBand(a, b int) float64 {
	if s.Degrees == 0 || a < 1 || b < 1 {
		return math.Inf(1)
	}
	return max(LeastBand, 1.96*s.Upper*math.Sqrt(1/float64(a)+1/float64(b)))
}

// Outside reports whether the ratio lies outside the band.
func Outside(ratio, band float64) bool {
	return math.Abs(math.Log(ratio)) > math.Log1p(band)
}
