package stats

import (
	"math"
	"math/bits"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// near reports whether two figures agree to that many decimals.
func near(got, want float64, decimals int) bool {
	return math.Abs(got-want) <= 0.5000001*math.Pow10(-decimals)
}

func TestMannWhitneyKnownAnswers(t *testing.T) {
	t.Parallel()
	term := []float64{0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46}
	weeks := []float64{1.15, 0.88, 0.90, 0.74, 1.21}
	for _, k := range []struct {
		source   string
		a, b     []float64
		want     float64
		decimals int
	}{
		{"Hollander and Wolfe (1973), p. 69, permeability; R wilcox.test prints 0.2544122544123", term, weeks, 0.2544122544123, 12},
		{"scipy.stats.mannwhitneyu's documented example of diabetes ages", []float64{19, 22, 16, 29, 24}, []float64{20, 11, 17, 12}, 1.0 / 9, 12},
		// Ties and unequal sides: twice the smaller tail would be 0.1084.
		{
			"StatXact 5, blood pressure, as in the tests of R's exactRankTests",
			[]float64{94, 108, 110, 90},
			[]float64{80, 94, 85, 90, 90, 90, 108, 94, 78, 105, 88},
			0.0989, 4,
		},
	} {
		if got := MannWhitney(k.a, k.b); !near(got, k.want, k.decimals) {
			t.Errorf("%s: p = %.13f, want %v", k.source, got, k.want)
		}
	}
}

// 25 values a side with 35 equal ones, from R-help, 3 September 2014: 10^6
// simulated deals gave 0.000151, so the true share is within 0.00004 of it.
func TestMannWhitneyOfManyTies(t *testing.T) {
	t.Parallel()
	const c = 359
	x := []float64{c, c, c, c, c, c, 335, c, c, c, c, c, c, c, c, c, c, c, c, c, c, 303, c, c, c}
	y := []float64{332, 85, c, c, c, 220, 231, 300, c, 237, c, 183, 286, 355, 250, 105, c, c, 298, c, c, c, 28.6, c, c}
	if p := MannWhitney(x, y); math.Abs(p-0.000151) > 0.00004 {
		t.Errorf("p = %v, want 0.000151 ± 0.00004", p)
	}
}

// The table of critical values of U, two-sided at 5 %, that statistics
// textbooks print since Mann and Whitney (1947) and Auble (1953); a row each of
// Siegel, Nonparametric Statistics, table K.
func TestCriticalValues(t *testing.T) {
	t.Parallel()
	for _, k := range []struct {
		a     int
		bFrom int
		want  []int
	}{
		{4, 4, []int{0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 10, 11, 11, 12, 13, 14}},
		{5, 5, []int{2, 3, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 17, 18, 19, 20}},
		{6, 6, []int{5, 6, 8, 10, 11, 13, 14, 16, 17, 19, 21, 22, 24, 25, 27}},
		{10, 10, []int{23, 26, 29, 33, 36, 39, 42, 45, 48, 52, 55}},
		{15, 15, []int{64, 70, 75, 80, 85, 90}},
		{20, 20, []int{127}},
	} {
		for i, want := range k.want {
			b := k.bFrom + i
			if got, p := critical(k.a, b, 0.05); got != want || p > 0.05 {
				t.Errorf("critical U of %d and %d values is %d (p %v), want %d", k.a, b, got, p, want)
			}
		}
	}
	if c, _ := critical(3, 3, 0.05); c != -1 {
		t.Errorf("three values a side decide with U = %d", c)
	}
}

// byHand deals the values in every possible way.
func byHand(a, b []float64) float64 {
	all := slices.Concat(a, b)
	// The distance of the count of wins (ties half) from its mean, doubled.
	distance := func(side uint) int {
		twice := 0
		for i, x := range all {
			for j, y := range all {
				if side>>i&1 == 1 && side>>j&1 == 0 {
					if x > y {
						twice += 2
					} else if x == y {
						twice++
					}
				}
			}
		}
		d := twice - len(a)*len(b)
		return max(d, -d)
	}
	seen := distance(1<<len(a) - 1)
	far, deals := 0, 0
	for side := range uint(1) << len(all) {
		if bits.OnesCount(side) == len(a) {
			deals++
			if distance(side) >= seen {
				far++
			}
		}
	}
	return float64(far) / float64(deals)
}

func TestMannWhitneyLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// Few different values: ties are the rule.
		side := rapid.SliceOfN(rapid.Map(rapid.IntRange(1, 8), func(i int) float64 { return float64(i) }), 1, 5)
		a, b := side.Draw(t, "a"), side.Draw(t, "b")
		before := slices.Clone(a)
		p := MannWhitney(a, b)
		if want := byHand(a, b); math.Abs(p-want) > 1e-12 {
			t.Fatalf("p of %v and %v is %v, all deals say %v", a, b, p, want)
		}
		if q := MannWhitney(b, a); math.Abs(p-q) > 1e-12 {
			t.Fatalf("the order of sides matters: %v and %v", p, q)
		}
		if p > 1 || !tied(a, b) && p < smallestP(len(a), len(b))*(1-1e-9) {
			t.Fatalf("p is %v, below the smallest %v or above 1", p, smallestP(len(a), len(b)))
		}
		if !slices.Equal(a, before) {
			t.Fatal("the argument changed")
		}
	})
}

// exactP returns the exact p, whatever the size of the sides.
func exactP(a, b []float64) float64 {
	d := jointRanks(a, b)
	return newRankSums(d.ranks, len(a)).twoSided(d.sum)
}

// Around the sizes from which the normal approximation serves, it agrees with the
// exact test. The tails of U are lighter than normal ones, most of all where one
// side is small: far out the approximation errs towards no claim.
func TestExactAndNormalAgree(t *testing.T) {
	t.Parallel()
	for _, k := range []struct {
		a, b int
		step float64 // values are multiples of it: ties
		// low and high bound the ratio to an exact p above 0.01, far to a smaller
		// one.
		low, high, far float64
	}{
		{30, 30, 0, 0.9, 1.1, 1.6}, {33, 33, 0, 0.9, 1.1, 1.6}, {33, 33, 0.02, 0.9, 1.1, 1.6}, {30, 36, 0.05, 0.9, 1.1, 1.6},
		{10, 130, 0, 0.9, 1.2, 2.8},
		// Four different values.
		{33, 33, 0.2, 0.7, 1.5, 2.5},
	} {
		draw := lognormal(uint64(k.a+k.b), 0.1)
		round := func(values []float64) []float64 {
			for i := range values {
				if k.step > 0 {
					values[i] = math.Round(values[i]/k.step) * k.step
				}
			}
			return values
		}
		for shift := 1.0; shift < 1.1; shift += 0.005 {
			a, b := round(draw(k.a, 1)), round(draw(k.b, shift))
			exact, normal := exactP(a, b), jointRanks(a, b).normalP()
			high := k.far
			if exact > 0.01 {
				high = k.high
			}
			if ratio := normal / exact; exact > 1e-4 && (ratio < k.low || ratio > high) {
				t.Errorf("%d and %d values in steps of %v: exact p %.3g, by the normal approximation %.3g", k.a, k.b, k.step, exact, normal)
			}
		}
	}
}

func TestExactAndNormalCriticalAgree(t *testing.T) {
	t.Parallel()
	for _, k := range [][2]int{{20, 20}, {30, 30}, {32, 32}, {10, 130}} {
		if !exact(k[0], k[1]) {
			t.Fatalf("%v are not compared exactly", k)
		}
		for _, alpha := range []float64{0.05, 0.01, 0.05 / 21} {
			want, _ := critical(k[0], k[1], alpha)
			got, p := normalCritical(k[0], k[1], alpha)
			if p > alpha || got > want+1 || float64(got) < 0.95*float64(want)-1 {
				t.Errorf("%v values at %.4f: exact %d, by the normal approximation %d with p %.4f", k, alpha, want, got, p)
			}
		}
	}
}

// The approximation's p agrees with its own critical and smallest values.
func TestLargeSidesAreConsistent(t *testing.T) {
	t.Parallel()
	for _, k := range [][2]int{{33, 33}, {200, 40}, {1000, 1000}, {1, 2000}} {
		if exact(k[0], k[1]) {
			t.Fatalf("%v are compared exactly", k)
		}
		low, high := make([]float64, k[0]), make([]float64, k[1])
		for i := range low {
			low[i] = float64(i)
		}
		for i := range high {
			high[i] = float64(k[0] + i)
		}
		if got, want := MannWhitney(low, high), smallestP(k[0], k[1]); math.Abs(got-want) > 1e-9*want {
			t.Errorf("%v values wholly apart: p %v, the smallest is said to be %v", k, got, want)
		}
	}
	if c, p := critical(1, 2000, 0.05); c != -1 || p != 0 {
		t.Errorf("one value decides against 2000 with U = %d, p %v", c, p)
	}
}

func TestTenThousandValues(t *testing.T) {
	t.Parallel()
	draw := lognormal(10_000, 0.04)
	a, b := draw(10_000, 1), draw(10_000, 1.002)
	if p := MannWhitney(a, b); p > 0.05 || p < 1e-9 {
		t.Errorf("0.2 %% more in 4 %% of noise: p = %v", p)
	}
	r, ok := HodgesLehmann(a, b)
	if !ok || r.Low > 1.002 || r.High < 1.002 || r.High-r.Low > 0.005 || math.Abs(r.Coverage-Confidence) > 1e-3 {
		t.Errorf("%+v", r)
	}
	if p := MannWhitney(slices.Repeat([]float64{7}, 5000), slices.Repeat([]float64{7}, 5000)); p != 1 {
		t.Errorf("p of equal values is %v", p)
	}
}

func TestNothingToTest(t *testing.T) {
	t.Parallel()
	if p := MannWhitney(nil, []float64{1}); p != 1 {
		t.Errorf("p of an empty side is %v", p)
	}
	if p := MannWhitney([]float64{7, 7, 7, 7}, []float64{7, 7, 7, 7}); p != 1 {
		t.Errorf("p of equal values is %v", p)
	}
	if p := smallestP(0, 9); p != 1 {
		t.Errorf("the smallest p of an empty side is %v", p)
	}
}

func TestCanDecide(t *testing.T) {
	t.Parallel()
	// 2 / C(2n, n) by hand.
	for n, want := range map[int]float64{1: 1, 2: 1.0 / 3, 3: 0.1, 4: 2.0 / 70, 5: 2.0 / 252, 6: 2.0 / 924, 10: 2.0 / 184756} {
		if got := smallestP(n, n); math.Abs(got-want) > 1e-12 {
			t.Errorf("smallest p at n = %d is %v, want %v", n, got, want)
		}
	}
	if got := smallestP(3, 5); math.Abs(got-2.0/56) > 1e-12 {
		t.Errorf("smallest p of 3 and 5 is %v, want 2/56", got)
	}
	// METHOD.md §4: all pairs of k servers; with a baseline less is needed.
	for k, want := range map[int][2]int{0: {}, 1: {}, 2: {4, 4}, 4: {5, 5}, 7: {6, 5}, 13: {7, 6}, 25: {8, 7}} {
		pairs, baseline := TrialsToDecide(Pairs(k, false)), TrialsToDecide(Pairs(k, true))
		if pairs != want[0] || baseline != want[1] {
			t.Errorf("%d servers need %d trials, with a baseline %d; want %v", k, pairs, baseline, want)
		}
	}
	if CanDecide(3, 3, 1) || !CanDecide(4, 4, 1) || CanDecide(4, 4, 2) || !CanDecide(3, 5, 1) {
		t.Error("CanDecide does not follow from smallestP")
	}
	// A level met exactly decides: 2/C(6,3) = 1/10, 2/C(16,3) = 1/280.
	if c, _ := critical(3, 3, 0.1); c != 0 {
		t.Errorf("critical U at exactly the level is %d, want 0", c)
	}
}

func BenchmarkMannWhitney(b *testing.B) {
	rng := lognormal(1, 0.04)
	for _, n := range []int{6, 20, 32, 33, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			x, y := rng(n, 1), rng(n, 1)
			for b.Loop() {
				MannWhitney(x, y)
			}
		})
	}
}
