package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

const (
	// power is the probability with which a detectable difference is called.
	power = 0.8
	// powerRounds is the number of simulated comparisons: 3 % of precision.
	powerRounds = 1000
	// simulatedTrials is the largest number of values a side to simulate. Beyond
	// that, the normal approximation of the rank test is within 3 %.
	simulatedTrials = 16
	// mostTrials bounds the search of TrialsToDetect.
	mostTrials = 100_000
)

// SmallestDetectable returns the relative difference (0.05 for 5 % more) that
// Claims calls in 80 % of all cases, between two cells of n values with log-normal
// noise of the spread, among that many comparisons. Holm's first and strictest
// step is assumed. Up to 16 values it simulates with a fixed seed; beyond, it
// takes the normal approximation. It is infinite where n cannot decide and
// without a spread.
func SmallestDetectable(n int, s Spread, comparisons int) float64 {
	if s.Degrees == 0 || !CanDecide(n, n, comparisons) {
		return math.Inf(1)
	}
	band, alpha := math.Log1p(s.NoiseBand(n, n)), Significance/float64(max(comparisons, 1))
	if n > simulatedTrials {
		return math.Expm1(normalShift(n, s.Value, band, alpha))
	}
	return math.Expm1(simulatedShift(n, s.Value, band, alpha))
}

// simulatedShift returns the shift of logarithms that is called in the share power
// of all cases. Each draw of noise has a least shift that is called: it brings
// enough of the pairs and the median of the differences over their limits.
func simulatedShift(n int, spread, band, alpha float64) float64 {
	c, _ := critical(n, n, alpha)
	rng := rand.New(rand.NewPCG(uint64(n), 1947))
	needed := make([]float64, powerRounds)
	a, b, d := make([]float64, n), make([]float64, n), make([]float64, n*n)
	for i := range needed {
		for j := range n {
			a[j], b[j] = rng.NormFloat64()*spread, rng.NormFloat64()*spread
		}
		for j, x := range a {
			for k, y := range b {
				d[j*n+k] = x - y
			}
		}
		slices.Sort(d)
		needed[i] = max(d[len(d)-1-c], middle(d)+band)
	}
	slices.Sort(needed)
	return needed[int(math.Ceil(power*powerRounds))-1]
}

// normalShift approximates that shift by the normal law: the test needs the share
// of pairs in favour to exceed 1/2 by z standard deviations of U, which a shift
// of √2 · spread · Φ⁻¹(share) gives on average; and the Hodges–Lehmann estimate
// of it has the variance 2/n · π/3 · spread² (Lehmann, Nonparametrics, 1975,
// §2.2 and §2.4). It is infinite where all pairs in favour would not do.
func normalShift(n int, spread, band, alpha float64) float64 {
	m, normal := float64(n), distuv.UnitNormal
	share := 0.5 + normal.Quantile(1-alpha/2)*math.Sqrt((2*m+1)/12)/m
	called := max(band, math.Sqrt2*spread*normal.Quantile(min(share, 1)))
	return called + normal.Quantile(power)*spread*math.Sqrt(2/m*math.Pi/3)
}

// TrialsToDetect returns the least number of values a side at which
// SmallestDetectable falls to a relative difference (0.05 for 5 %); 0 for none,
// since the noise band does not fall below 1 %.
func TrialsToDetect(difference float64, s Spread, comparisons int) int {
	if !(difference > LeastBand) || s.Degrees == 0 {
		return 0
	}
	least := TrialsToDecide(max(comparisons, 1))
	n := least + sort.Search(mostTrials, func(i int) bool {
		return SmallestDetectable(least+i, s, comparisons) <= difference
	})
	if n == least+mostTrials {
		return 0
	}
	return n
}
