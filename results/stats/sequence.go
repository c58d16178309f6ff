package stats

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// SequencePrior is the standard deviation of the effects for which Sequence is
// sharpest, in standard deviations of one value. This one decides large effects
// after four values and makes the interval of fifty a tenth wider than the best.
const SequencePrior = 3

// Sequence returns the interval of the mean of values that one may look at after
// each of them: it covers the true mean at all looks together with at least
// Confidence. One may stop at any look and for any reason. It is infinite for too
// few values.
//
// It is the confidence sequence of the t test (Lai, Ann. Statist. 4, 1976;
// Wang and Ramdas, "Anytime-valid t-tests and confidence sequences for Gaussian
// means with unknown variance", 2023): the means that the Bayes factor of the t
// test with a normal prior on the effect size (Gönen et al., Am. Stat. 59,
// 2005) does not reject. With the right Haar prior on the spread that factor is
// a test martingale whatever the spread: it passes 1/α with probability α at most,
// however often one looks (Hendriksen, de Heide and Grünwald, Bayesian Anal. 16,
// 2021). The values count as normal; heavy tails make it wider, not wrong.
func Sequence(values []float64) (low, high float64) {
	n := float64(len(values))
	if n < 2 {
		return math.Inf(-1), math.Inf(1)
	}
	mean, variance := stat.PopMeanVariance(values, nil)
	// The Bayes factor is (1+g)^(−1/2) · ((1+x) ÷ (1+x/(1+g)))^(n/2) with x = t²
	// ÷ (n−1) and g = n · prior²; it reaches 1/α at x = (K−1) ÷ (1−K/(1+g)).
	g := n * SequencePrior * SequencePrior
	k := math.Pow(math.Sqrt(1+g)/(1-Confidence), 2/n)
	if k >= 1+g {
		return math.Inf(-1), math.Inf(1)
	}
	x := (k - 1) / (1 - k/(1+g))
	// t² = (n−1) · (mean−μ)² ÷ variance.
	half := math.Sqrt(x * variance)
	return mean - half, mean + half
}
