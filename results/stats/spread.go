package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// LeastBand is the noise band of a metric without any spread: no difference
// below 1 % is claimed.
const LeastBand = 0.01

// Spread is the noise of a metric within the cells of a table.
type Spread struct {
	// Value is the pooled relative standard deviation, 0.04 for 4 %. It is
	// taken of logarithms, as ratios are, and so is the same whatever the size
	// of each cell.
	Value float64
	// Upper is its one-sided 95 % upper bound, s⁺ of METHOD.md §4: Value ·
	// √(df ÷ χ²) with the 5 % point of χ² (NIST/SEMATECH e-Handbook §7.2.3).
	Upper float64
	// Degrees are the degrees of freedom; 0 when no cell has two values, and
	// then there is no spread to speak of.
	Degrees int
}

// PooledSpread pools the spread within the cells over all of them. Cells with
// fewer than two values, or with one that is not a positive number, are left
// out.
func PooledSpread(cells [][]float64) Spread {
	s, squares := Spread{}, 0.0
	for _, values := range cells {
		if len(values) < 2 || !positive(values) {
			continue
		}
		mean := 0.0
		for _, v := range values {
			mean += math.Log(v) / float64(len(values))
		}
		for _, v := range values {
			d := math.Log(v) - mean
			squares += d * d
		}
		s.Degrees += len(values) - 1
	}
	if s.Degrees == 0 {
		return s
	}
	s.Value = math.Sqrt(squares / float64(s.Degrees))
	df := float64(s.Degrees)
	s.Upper = s.Value * math.Sqrt(df/distuv.ChiSquared{K: df}.Quantile(1-Confidence))
	return s
}

// NoiseBand is the band of a comparison of a with b values: max(1 %, 1.96 · s⁺
// · √(1/a + 1/b)), which is METHOD.md §4's √(2/n) where both are n. A ratio
// within it, from 1/(1+band) to 1+band, is noise whatever a test says. It is
// infinite without a spread to go by.
func (s Spread) NoiseBand(a, b int) float64 {
	if s.Degrees == 0 || a < 1 || b < 1 {
		return math.Inf(1)
	}
	return max(LeastBand, 1.96*s.Upper*math.Sqrt(1/float64(a)+1/float64(b)))
}

// Outside reports whether the ratio has left the band.
func Outside(ratio, band float64) bool {
	return math.Abs(math.Log(ratio)) > math.Log1p(band)
}
