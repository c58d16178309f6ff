package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/combin"
	"gonum.org/v1/gonum/stat/distuv"
)

// Significance is the level of every test, over the whole table.
const Significance = 0.05

// Significant reports whether a p, corrected where there are several, is at or
// below Significance, with a hair's breadth for a p that equals it exactly.
func Significant(p float64) bool { return p <= Significance*(1+1e-9) }

// exactWork bounds the additions of an exact test. It covers sides of up to 32
// values each, and fewer values against more.
const exactWork = 2 << 20

// exact reports whether sides of a and b values have an exact test. Without ties,
// the p of the normal approximation of larger sides is within a tenth of the
// exact one where that is above 0.01, and greater where it is less.
func exact(a, b int) bool {
	return float64(min(a, b))*float64(a+b)*float64(a)*float64(b) <= exactWork
}

// MannWhitney returns the two-sided p of the Mann–Whitney U test (Mann and Whitney,
// Ann. Math. Stat. 18, 1947) that two samples come from one distribution: the
// share of all ways to deal the values to the two sides whose rank sum is at
// least as far from its mean as the one seen. Tied values share their middle
// rank, and the distribution is that of the ranks as tied (Klotz, JASA 61,
// 1966). The p of larger sides is the normal approximation with corrections for
// ties and for continuity (Lehmann, Nonparametrics, 1975, §1.4). It is 1 for an
// empty side. No value may be NaN.
func MannWhitney(a, b []float64) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 1
	}
	d := jointRanks(a, b)
	if exact(len(a), len(b)) {
		return newRankSums(d.ranks, len(a)).twoSided(d.sum)
	}
	return d.normalP()
}

// deal is the ranks of all values, dealt to two sides of a and b values.
type deal struct {
	a, b int
	// ranks are those of all values together, in rising order; sum is the sum of
	// the first side's. Both count 1/unit ranks: ties may share a half rank.
	ranks     []int
	sum, unit int
}

// jointRanks ranks the values of both sides together.
func jointRanks(a, b []float64) deal {
	all := slices.Concat(a, b)
	slices.Sort(all)
	own := slices.Clone(a)
	slices.Sort(own)
	d := deal{a: len(a), b: len(b), ranks: make([]int, 0, len(all)), unit: 2}
	if len(slices.Compact(slices.Clone(all))) == len(all) {
		d.unit = 1
	}
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j] == all[i] {
			j++
		}
		// The middle of the ranks i+1 … j.
		rank := (i + 1 + j) * d.unit / 2
		for range j - i {
			d.ranks = append(d.ranks, rank)
		}
		for len(own) > 0 && own[0] == all[i] {
			d.sum += rank
			own = own[1:]
		}
		i = j
	}
	return d
}

// normalP returns the two-sided p by the normal approximation. The variance is that
// of a sum of ranks drawn without replacement, which ties make smaller; half a
// rank is subtracted from the distance for continuity.
func (d deal) normalP() float64 {
	n := float64(d.a + d.b)
	mean := float64(d.unit) * (n + 1) / 2
	squares := 0.0
	for _, rank := range d.ranks {
		squares += (float64(rank) - mean) * (float64(rank) - mean)
	}
	deviation := math.Sqrt(float64(d.a) * float64(d.b) / n * squares / (n - 1))
	distance := math.Abs(float64(d.sum)-float64(d.a)*mean) - float64(d.unit)/2
	if distance <= 0 || deviation == 0 {
		return 1
	}
	// CDF keeps its digits in the tail, which Survival does not.
	return 2 * distuv.UnitNormal.CDF(-distance/deviation)
}

// rankSums is the distribution of one side's rank sum over all deals.
type rankSums struct {
	// ways counts the deals with each sum, from least on.
	ways  []float64
	least int
	// total is the number of all deals, twiceMean twice the mean sum.
	total     float64
	twiceMean int
}

// newRankSums counts the deals of n of the ranks, which are in rising order.
// The counts are exact up to 2^53 and right to fifteen digits beyond.
func newRankSums(ranks []int, n int) rankSums {
	// upTo[i] is the sum of the first i ranks: k of them sum up to at least
	// upTo[k] and, of the first i, to at most upTo[i] − upTo[i−k].
	upTo := make([]int, len(ranks)+1)
	for i, rank := range ranks {
		upTo[i+1] = upTo[i] + rank
	}
	ways := make([][]float64, n+1)
	for k := range ways {
		ways[k] = make([]float64, upTo[len(ranks)]-upTo[len(ranks)-k]+1)
	}
	ways[0][0] = 1
	for i, rank := range ranks {
		for k := min(i+1, n); k >= 1; k-- {
			least, most := upTo[k-1], upTo[i]-upTo[i-k+1]
			to := ways[k][rank:]
			for s, w := range ways[k-1][least : most+1] {
				to[least+s] += w
			}
		}
	}
	d := rankSums{ways: ways[n][upTo[n]:], least: upTo[n], twiceMean: 2 * upTo[len(ranks)] * n / len(ranks)}
	for _, w := range d.ways {
		d.total += w
	}
	return d
}

// twoSided returns the share of deals whose sum is at least as far from the mean.
func (d rankSums) twoSided(sum int) float64 {
	distance := func(s int) int { return max(2*s-d.twiceMean, d.twiceMean-2*s) }
	far, seen := 0.0, distance(sum)
	for i, w := range d.ways {
		if distance(d.least+i) >= seen {
			far += w
		}
	}
	return far / d.total
}

// critical returns the critical U of the tables, with its probability: a side of
// an untied comparison with c or fewer of the pairs in its favour differs at the
// level alpha, two-sided. c is −1 where no outcome does.
func critical(a, b int, alpha float64) (c int, p float64) {
	if !exact(a, b) {
		return normalCritical(a, b, alpha)
	}
	ranks := make([]int, a+b)
	for i := range ranks {
		ranks[i] = i + 1
	}
	d := newRankSums(ranks, a)
	c = -1
	tail := 0.0
	for u := 0; 2*u < a*b; u++ {
		tail += 2 * d.ways[u] / d.total
		// A hair's breadth for rounding: a tail may equal the level exactly.
		if tail > alpha*(1+1e-9) {
			break
		}
		c, p = u, tail
	}
	return c, p
}

// normalCritical is critical by the normal approximation.
func normalCritical(a, b int, alpha float64) (c int, p float64) {
	u := pairsInFavour(a, b)
	c = int(math.Floor(u.Quantile(alpha/2) - 0.5))
	if c < 0 {
		return -1, 0
	}
	return c, 2 * u.CDF(float64(c)+0.5)
}

// pairsInFavour approximates U for sides of a and b untied values of one law.
func pairsInFavour(a, b int) distuv.Normal {
	pairs := float64(a) * float64(b)
	return distuv.Normal{Mu: pairs / 2, Sigma: math.Sqrt(pairs * float64(a+b+1) / 12)}
}

// smallestP returns the least p that MannWhitney can give for sides of a and b
// different values: 2/C(a+b, a) where it is exact; 1 for an empty side.
func smallestP(a, b int) float64 {
	switch {
	case a < 1 || b < 1:
		return 1
	case !exact(a, b):
		return 2 * pairsInFavour(a, b).CDF(0.5)
	}
	return math.Min(1, 2*math.Exp(-combin.LogGeneralizedBinomial(float64(a+b), float64(a))))
}

// CanDecide reports whether sides of a and b values can differ after Holm.
func CanDecide(a, b, comparisons int) bool {
	return Significant(smallestP(a, b) * float64(max(comparisons, 1)))
}

// TrialsToDecide returns the least n with which n values a side can differ, or 0.
func TrialsToDecide(comparisons int) int {
	if comparisons < 1 {
		return 0
	}
	n := 1
	for !CanDecide(n, n, comparisons) {
		n++
	}
	return n
}

// Pairs returns the number of pairs of k cells, or of pairs with the baseline.
func Pairs(k int, baseline bool) int {
	switch {
	case k < 2:
		return 0
	case baseline:
		return k - 1
	}
	return k * (k - 1) / 2
}

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
