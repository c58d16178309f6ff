package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The interval is where the Bayes factor, taken from its definition by
// numerical integration over the effect size, is 1/α.
func TestSequenceInvertsTheBayesFactor(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 5))
	for _, n := range []int{4, 7, 20, 60} {
		values := make([]float64, n)
		for i := range values {
			values[i] = 0.3 + rng.NormFloat64()
		}
		low, high := Sequence(values)
		for _, mu := range []float64{low, high} {
			if got := integrated(values, mu); math.Abs(got*(1-Confidence)-1) > 0.01 {
				t.Errorf("n = %d: the Bayes factor at the bound %.4f is %.3f, want %v", n, mu, got, 1/(1-Confidence))
			}
		}
	}
}

// integrated is the Bayes factor against the mean mu: the normal likelihood with
// the spread integrated out under dσ/σ, averaged over effect sizes, and divided
// by that of no effect. Both integrals are sums over fine grids.
func integrated(values []float64, mu float64) float64 {
	likelihood := func(effect float64) float64 {
		total := 0.0
		for ls := -4.0; ls < 6; ls += 0.01 {
			sigma, log := math.Exp(ls), 0.0
			for _, v := range values {
				z := (v-mu)/sigma - effect
				log -= z*z/2 + ls
			}
			total += math.Exp(log)
		}
		return total
	}
	sum, weight := 0.0, 0.0
	for effect := -15.0; effect <= 15; effect += 0.05 {
		w := math.Exp(-effect * effect / (2 * SequencePrior * SequencePrior))
		sum += w * likelihood(effect)
		weight += w
	}
	return sum / weight / likelihood(0)
}

func TestSequenceOfFewValues(t *testing.T) {
	t.Parallel()
	for _, values := range [][]float64{nil, {1}, {1, 2}} {
		if low, high := Sequence(values); !math.IsInf(low, -1) || !math.IsInf(high, 1) {
			t.Errorf("%v: [%v, %v]", values, low, high)
		}
	}
	if low, high := Sequence([]float64{2, 2, 2, 2}); low != 2 || high != 2 {
		t.Errorf("no spread at all: [%v, %v]", low, high)
	}
}
