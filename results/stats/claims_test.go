package stats

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// rounds is how many tables the simulations make.
var rounds = flag.Int("rounds", 250, "simulated tables per law")

// lognormal draws n values around a centre with the relative spread.
func lognormal(seed uint64, spread float64) func(n int, centre float64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 20260101))
	return func(n int, centre float64) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = centre * math.Exp(spread*rng.NormFloat64())
		}
		return out
	}
}

func TestHolmKnownAnswers(t *testing.T) {
	t.Parallel()
	for _, k := range []struct{ p, want []float64 }{
		{nil, []float64{}},
		{[]float64{0.2}, []float64{0.2}},
		// R's p.adjust(c(.042, .001, .031, .014, .007), "holm"), the example of
		// package Dmisc, by Holm's rule: 0.005, 0.028, 0.042, 0.062, max(0.062, 0.042).
		{[]float64{0.042, 0.001, 0.031, 0.014, 0.007}, []float64{0.062, 0.005, 0.062, 0.042, 0.028}},
		// The example of Wikipedia's "Holm–Bonferroni method": 0.01, 0.04, 0.03, 0.005.
		{[]float64{0.01, 0.04, 0.03, 0.005}, []float64{0.03, 0.06, 0.06, 0.02}},
		{[]float64{0.5, 0.6}, []float64{1, 1}},
	} {
		got := Holm(k.p)
		if !slices.EqualFunc(got, k.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }) {
			t.Errorf("Holm(%v) = %v, want %v", k.p, got, k.want)
		}
	}
}

func TestHolmLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 20).Draw(t, "p")
		adjusted := Holm(p)
		for i := range p {
			if adjusted[i] < p[i] || adjusted[i] > 1 {
				t.Fatalf("Holm(%v) = %v", p, adjusted)
			}
			for j := range p {
				if p[i] < p[j] && adjusted[i] > adjusted[j] {
					t.Fatalf("the order of p turned round: %v, %v", p, adjusted)
				}
			}
		}
		if i := slices.Index(p, slices.Min(p)); math.Abs(adjusted[i]-min(1, p[i]*float64(len(p)))) > 1e-12 {
			t.Fatalf("the smallest p is not Bonferroni's: %v, %v", p, adjusted)
		}
	})
}

func exps(values ...float64) []float64 {
	for i, v := range values {
		values[i] = math.Exp(v)
	}
	return values
}

func TestHodgesLehmannKnownAnswers(t *testing.T) {
	t.Parallel()
	// Hollander and Wolfe (1999), pp. 110–126, permeability: the shift is
	// −0.305 with the 95 % interval (−0.76, 0.15), as R's wilcox.test has it.
	// Of exp(values), the logarithm of the ratio is that shift.
	term := exps(0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46)
	weeks := exps(1.15, 0.88, 0.90, 0.74, 1.21)
	r, ok := HodgesLehmann(term, weeks)
	if !ok || !near(math.Log(r.Value), -0.305, 9) || !near(math.Log(r.Low), -0.76, 9) || !near(math.Log(r.High), 0.15, 9) {
		t.Errorf("shift %v [%v, %v]", math.Log(r.Value), math.Log(r.Low), math.Log(r.High))
	}
	// The critical U of 5 and 10 values is 8, with P(U ≤ 8) = 0.0200: textbook
	// tables, among them Hollander and Wolfe's A.6 (P(W ≥ 57) = 0.020).
	if !near(r.Coverage, 0.96, 3) {
		t.Errorf("coverage %v, want 0.960", r.Coverage)
	}
	// Minitab's support page "Calculating Mann-Whitney statistics": the median
	// of the 20 differences is 6.
	if r, _ = HodgesLehmann(exps(16, 21, 22, 23), exps(22, 24, 25, 29, 30)); !near(math.Log(r.Value), 6, 9) {
		t.Errorf("shift %v", math.Log(r.Value))
	}
}

// difference finds the k-th of the sorted list of all differences.
func TestDifferenceAgreesWithSorting(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// Some values are few and so tied, others are anything.
		value := rapid.OneOf(rapid.Float64Range(-1e3, 1e3), rapid.Map(rapid.IntRange(-3, 3), func(i int) float64 { return float64(i) }))
		side := rapid.SliceOfN(value, 1, 9)
		x, y := side.Draw(t, "x"), side.Draw(t, "y")
		slices.Sort(x)
		slices.Sort(y)
		var all []float64
		for _, v := range x {
			for _, w := range y {
				all = append(all, w-v)
			}
		}
		slices.Sort(all)
		for k, want := range all {
			if got := difference(x, y, k); got != want {
				t.Fatalf("difference %d of %v and %v is %v, sorting says %v", k, x, y, got, want)
			}
		}
	})
}

func TestHodgesLehmannOfFewValues(t *testing.T) {
	t.Parallel()
	r, ok := HodgesLehmann([]float64{1, 1.1, 1.2}, []float64{2, 2.2, 2.4})
	// Nine of ten pairs of orders: 1 − 2/C(6,3).
	if !ok || !near(r.Coverage, 0.9, 12) || !near(r.Low, 2/1.2, 9) || !near(r.High, 2.4, 9) {
		t.Errorf("%+v", r)
	}
	for _, bad := range [][]float64{nil, {0, 1}, {-1}, {math.NaN()}, {math.Inf(1)}} {
		if _, ok := HodgesLehmann([]float64{1}, bad); ok {
			t.Errorf("a ratio with %v", bad)
		}
	}
}

func TestHodgesLehmannLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.SliceOfN(rapid.Float64Range(1, 1000), 1, 12)
		a, b := side.Draw(t, "a"), side.Draw(t, "b")
		there, _ := HodgesLehmann(a, b)
		back, _ := HodgesLehmann(b, a)
		if math.Abs(there.Value*back.Value-1) > 1e-9 || math.Abs(there.Low*back.High-1) > 1e-9 {
			t.Fatalf("b/a is %+v and a/b %+v", there, back)
		}
		if there.Low > there.Value || there.Value > there.High {
			t.Fatalf("not low ≤ value ≤ high: %+v", there)
		}
		for i := range b {
			b[i] *= 3
		}
		if more, _ := HodgesLehmann(a, b); math.Abs(more.Value/there.Value-3) > 1e-9 {
			t.Fatalf("three times b is %v times the ratio", more.Value/there.Value)
		}
		// The interval is that of the test: it excludes 1 just where the test
		// says so at the same level (Float64Range draws no ties but on purpose).
		if p := MannWhitney(a, b); !tied(a, b) && there.Coverage >= Confidence {
			r, _ := HodgesLehmann(a, b)
			if (r.Low > 1 || r.High < 1) != (p <= 0.05) {
				t.Fatalf("p %v and %+v disagree", p, r)
			}
		}
	})
}

func tied(a, b []float64) bool {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return len(slices.Compact(all)) < len(a)+len(b)
}

func TestRatioIntervalCovers(t *testing.T) {
	t.Parallel()
	draw := lognormal(5, 0.1)
	for _, n := range []int{3, 6, 10} {
		hits, coverage := 0, 0.0
		for range *rounds {
			r, _ := HodgesLehmann(draw(n, 100), draw(n, 130))
			coverage = r.Coverage
			if r.Low <= 1.3 && 1.3 <= r.High {
				hits++
			}
		}
		if share := float64(hits) / float64(*rounds); math.Abs(share-coverage) > 4*math.Sqrt(coverage*(1-coverage)/float64(*rounds)) {
			t.Errorf("n = %d: covers %.3f of the time, says %.3f", n, share, coverage)
		}
	}
}

// The 5 % points of χ²: NIST/SEMATECH e-Handbook of Statistical Methods,
// §1.3.6.7.4, "Lower-tail critical values", column 0.95 / 0.05; beyond its table
// those of Wilson and Hilferty (PNAS 17, 1931), which are then right to 1e-5.
func TestUpperBoundKnownAnswers(t *testing.T) {
	t.Parallel()
	points := map[int]float64{1: 0.004, 2: 0.103, 3: 0.352, 5: 1.145, 10: 3.940, 20: 10.851, 30: 18.493, 50: 34.764, 100: 77.929}
	for _, k := range []float64{600, 10_000, 1_000_000} {
		points[int(k)] = k * math.Pow(1-2/(9*k)-1.6448536269514722*math.Sqrt(2/(9*k)), 3)
	}
	for degrees, want := range points {
		pairs := make([][]float64, degrees)
		for i := range pairs {
			pairs[i] = []float64{1, 1.05}
		}
		s := PooledSpread(pairs)
		got := float64(degrees) * (s.Value / s.Upper) * (s.Value / s.Upper)
		if s.Degrees != degrees || math.Abs(got-want) > 0.0005+1e-5*want {
			t.Errorf("χ² with %d degrees: %v, want %v", degrees, got, want)
		}
	}
}

// The bound is found for any number of trials, and it comes down to the spread as they
// grow: each of the 5 % points of χ² lies between its neighbours.
func TestUpperBoundOfAnyNumber(t *testing.T) {
	t.Parallel()
	values, last := []float64{1}, math.Inf(1)
	for degrees := 1; degrees <= 1500; degrees++ {
		values = append(values, math.Exp(0.05*float64(1-2*(degrees%2))))
		s := PooledSpread([][]float64{values})
		ratio := s.Upper / s.Value
		if s.Degrees != degrees || !(ratio > 1 && ratio < last) {
			t.Fatalf("%d degrees: the bound is %v of the spread, after %v", s.Degrees, ratio, last)
		}
		last = ratio
	}
}

func TestSpreadAndBand(t *testing.T) {
	t.Parallel()
	// Two cells of logarithms ±0.03 and ±0.05 around any centre: variances
	// 2·0.03² and 2·0.05² with one degree of freedom each.
	s := PooledSpread([][]float64{exps(2.97, 3.03), exps(7.95, 8.05), {5}, nil, {0, 1}})
	if s.Degrees != 2 || !near(s.Value, math.Sqrt(0.0034), 9) || !near(s.Upper, math.Sqrt(0.0034)*math.Sqrt(2/0.10258659), 6) {
		t.Errorf("%+v", s)
	}
	if got, want := s.NoiseBand(8, 8), 1.96*s.Upper*math.Sqrt(2.0/8); !near(got, want, 12) {
		t.Errorf("band %v, want %v", got, want)
	}
	if got := (Spread{Value: 0.0001, Upper: 0.0002, Degrees: 9}).NoiseBand(5, 5); got != LeastBand {
		t.Errorf("the band of almost no spread is %v", got)
	}
	if !math.IsInf(Spread{}.NoiseBand(5, 5), 1) || !math.IsInf(s.NoiseBand(0, 5), 1) {
		t.Error("a band without a spread is not infinite")
	}
}

// s⁺ bounds the true spread 19 times of 20.
func TestUpperBoundOfTheSpread(t *testing.T) {
	t.Parallel()
	draw, above := lognormal(9, 0.04), 0
	for range *rounds {
		if PooledSpread([][]float64{draw(4, 1), draw(5, 70), draw(3, 9)}).Upper >= 0.04 {
			above++
		}
	}
	if share := float64(above) / float64(*rounds); math.Abs(share-0.95) > 4*math.Sqrt(0.95*0.05/float64(*rounds)) {
		t.Errorf("s⁺ is above the spread in %.3f of the cases, want 0.95", share)
	}
}

func cells(values ...[]float64) []CellValues {
	var out []CellValues
	for i, v := range values {
		out = append(out, CellValues{Name: string(rune('a' + i)), Values: v})
	}
	return out
}

// Whole tables of identical servers: at most one of twenty makes any claim.
func TestFalseClaims(t *testing.T) {
	t.Parallel()
	for _, k := range []struct {
		cells, n int
		baseline string
		step     float64 // values are multiples of it: ties
		spread   float64
	}{
		{cells: 2, n: 4, spread: 0.04}, {cells: 2, n: 10, spread: 0.002}, {cells: 4, n: 5, spread: 0.04},
		{cells: 7, n: 6, spread: 0.04}, {cells: 7, n: 6, spread: 0.04, step: 0.03}, {cells: 4, n: 8, spread: 0.01, step: 0.01},
		{cells: 7, n: 6, spread: 0.12, baseline: "a"}, {cells: 5, n: 10, spread: 0.04},
		// Beyond exact tests.
		{cells: 4, n: 40, spread: 0.04}, {cells: 4, n: 40, spread: 0.04, step: 0.03}, {cells: 2, n: 300, spread: 0.04},
	} {
		draw, wrong, tests := lognormal(uint64(k.cells*k.n), k.spread), 0, 0
		for range *rounds {
			var values [][]float64
			for range k.cells {
				v := draw(k.n, 1)
				for i := range v {
					if k.step > 0 {
						v[i] = math.Round(v[i]/k.step) * k.step
					}
				}
				values = append(values, v)
			}
			table := Claims(cells(values...), k.baseline)
			if slices.ContainsFunc(table.Claims, func(c Claim) bool { return c.Called }) {
				wrong++
			}
			if slices.ContainsFunc(table.Claims, func(c Claim) bool { return Significant(c.Adjusted) }) {
				tests++
			}
		}
		t.Logf("%d cells, n = %d, spread %v, steps of %v, baseline %q: %d of %d tables with a false claim; by the corrected test alone %d",
			k.cells, k.n, k.spread, k.step, k.baseline, wrong, *rounds, tests)
		limit := 0.05*float64(*rounds) + 3*math.Sqrt(0.05*0.95*float64(*rounds))
		if float64(wrong) > limit || float64(tests) > limit {
			t.Errorf("%+v: %d of %d tables make a false claim (%d by the test alone), at most %.0f may", k, wrong, *rounds, tests, limit)
		}
	}
}

// METHOD.md §4: at 4 % spread the uncorrected test alone finds a difference of
// 5 % with probability 0.68 at n = 10 and 0.96 at n = 20.
func TestPowerOfTheTest(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]float64{10: 0.68, 20: 0.96} {
		draw, found := lognormal(uint64(n), 0.04), 0
		for range *rounds {
			if MannWhitney(draw(n, 1), draw(n, 1.05)) <= 0.05 {
				found++
			}
		}
		share, error3 := float64(found)/float64(*rounds), 3*math.Sqrt(want*(1-want)/float64(*rounds))
		t.Logf("n = %d: %d of %d found, %.3f", n, found, *rounds, share)
		// The figures are rounded to two digits.
		if math.Abs(share-want) > error3+0.01 {
			t.Errorf("n = %d: power %.3f, METHOD.md says %.2f", n, share, want)
		}
	}
}

// The power of the whole rule, band and Holm included, of one 5 % difference
// among k servers.
func TestPowerOfTheRule(t *testing.T) {
	t.Parallel()
	for _, k := range []struct{ cells, n int }{{2, 6}, {2, 10}, {2, 20}, {4, 10}, {7, 10}, {2, 32}, {2, 33}} {
		draw, found := lognormal(uint64(100*k.cells+k.n), 0.04), 0
		tables := *rounds / 2
		for range tables {
			values := [][]float64{draw(k.n, 1.05)}
			for range k.cells - 1 {
				values = append(values, draw(k.n, 1))
			}
			table := Claims(cells(values...), "")
			if c := table.Claims[0]; c.Called && c.Ratio.Value < 1 {
				found++
			}
		}
		t.Logf("%d cells, n = %d, spread 4 %%: a difference of 5 %% between two of them is called in %d of %d tables, %.2f",
			k.cells, k.n, found, tables, float64(found)/float64(tables))
	}
}

// What SmallestDetectable says is called with probability power, or a little
// more often: it assumes Holm's first step.
func TestSmallestDetectableIsDetected(t *testing.T) {
	t.Parallel()
	for _, n := range []int{5, 8} {
		s := Spread{Value: 0.04, Upper: 0.05, Degrees: 30}
		d := SmallestDetectable(n, s, 1)
		draw, found := lognormal(uint64(n), s.Value), 0
		for range 2 * *rounds {
			a, b := draw(n, 1), draw(n, 1+d)
			r, _ := HodgesLehmann(a, b)
			if Significant(MannWhitney(a, b)) && Outside(r.Value, s.NoiseBand(n, n)) {
				found++
			}
		}
		share := float64(found) / float64(2**rounds)
		t.Logf("n = %d: %.1f %% is called in %.3f of the cases", n, d*100, share)
		if math.Abs(share-power) > 0.02+3*math.Sqrt(power*(1-power)/float64(2**rounds)) {
			t.Errorf("n = %d: a difference of %.1f %% is called in %.3f of the cases, want %v", n, d*100, share, power)
		}
	}
}

func TestSmallestDetectableLaws(t *testing.T) {
	t.Parallel()
	s := Spread{Value: 0.04, Upper: 0.05, Degrees: 30}
	last := math.Inf(1)
	for _, n := range []int{5, 6, 8, 12, simulatedTrials, simulatedTrials + 1, 40, 1000} {
		d := SmallestDetectable(n, s, 6)
		if d >= last {
			t.Errorf("n = %d detects %v, fewer %v", n, d, last)
		}
		last = d
	}
	if a, b := SmallestDetectable(6, s, 6), SmallestDetectable(6, s, 6); a != b {
		t.Errorf("not the same twice: %v and %v", a, b)
	}
	n := simulatedTrials
	band := math.Log1p(s.NoiseBand(n, n))
	if a, b := simulatedShift(n, s.Value, band, 0.05/6), normalShift(n, s.Value, band, 0.05/6); math.Abs(a/b-1) > 0.03 {
		t.Errorf("at n = %d the simulation says %v and the approximation %v", n, a, b)
	}
	if !math.IsInf(SmallestDetectable(3, s, 1), 1) || !math.IsInf(SmallestDetectable(9, Spread{}, 1), 1) {
		t.Error("something is detected where nothing can be")
	}
	if a, b := SmallestDetectable(8, s, 1), SmallestDetectable(8, s, 21); a >= b {
		t.Errorf("among 21 comparisons %v is detected, alone %v", b, a)
	}
}

func TestTrialsToDetect(t *testing.T) {
	t.Parallel()
	s := Spread{Value: 0.04, Upper: 0.05, Degrees: 30}
	for _, difference := range []float64{0.02, 0.05, 0.15} {
		n := TrialsToDetect(difference, s, 6)
		if got := SmallestDetectable(n, s, 6); got > difference {
			t.Errorf("%v: %d trials detect only %v", difference, n, got)
		}
		if got := SmallestDetectable(n-1, s, 6); got <= difference {
			t.Errorf("%v: %d trials would do", difference, n-1)
		}
	}
	if n := TrialsToDetect(0.01, s, 1); n != 0 {
		t.Errorf("%d trials find what lies in the least band", n)
	}
	if n := TrialsToDetect(0.011, Spread{Value: 5, Upper: 9, Degrees: 2}, 1); n != 0 {
		t.Errorf("%d trials find 1 %% in enormous noise", n)
	}
}

func TestClaimsNeedTestAndBand(t *testing.T) {
	t.Parallel()
	draw := lognormal(3, 0.02)
	for name, k := range map[string]struct {
		values [][]float64
		called []bool
	}{
		"far apart": {[][]float64{draw(6, 100), draw(6, 200)}, []bool{true}},
		// No overlap, p = 0.002, but by less than 1 %.
		"inside the band": {[][]float64{{1000, 1001, 1002, 1003, 1004, 1005}, {1007, 1008, 1009, 1010, 1011, 1012}}, []bool{false}},
		// Twice as much, but n = 3 cannot decide.
		"too few":            {[][]float64{draw(3, 100), draw(3, 200)}, []bool{false}},
		"a lone value":       {[][]float64{draw(6, 100), {5}, draw(6, 200)}, []bool{true}},
		"not positive":       {[][]float64{draw(6, 100), {1, 2, 0, 3, 4, 5}, draw(6, 200)}, []bool{true}},
		"nothing to compare": {[][]float64{draw(6, 100)}, nil},
		"nothing":            {nil, nil},
	} {
		table := Claims(cells(k.values...), "")
		var called []bool
		for _, c := range table.Claims {
			called = append(called, c.Called)
		}
		if !slices.Equal(called, k.called) {
			t.Errorf("%s: called %v, want %v: %+v", name, called, k.called, table.Claims)
		}
	}
}

func TestBaseline(t *testing.T) {
	t.Parallel()
	draw := lognormal(4, 0.02)
	// Four trials: enough for one comparison, but not for the three of all
	// pairs.
	c := cells(draw(4, 100), draw(4, 200))
	if table := Claims(c, "b"); len(table.Claims) != 1 || !table.Claims[0].Called || table.Claims[0].A != 1 || table.Claims[0].Ratio.Value > 1 {
		t.Errorf("a is not called slower than the baseline b: %+v", table.Claims)
	}
	c = cells(draw(5, 100), draw(5, 200), draw(5, 300), draw(5, 400), draw(5, 500), draw(5, 600))
	all, based := Claims(c, ""), Claims(c, "d")
	if len(all.Claims) != 15 || all.Decidable() {
		t.Errorf("15 comparisons of 5 trials: %d, decidable %v", len(all.Claims), all.Decidable())
	}
	if len(based.Claims) != 5 || !based.Decidable() || slices.ContainsFunc(based.Claims, func(c Claim) bool { return !c.Called || c.A != 3 }) {
		t.Errorf("against the baseline: %+v", based.Claims)
	}
	if table := Claims(c, "nobody"); len(table.Claims) != 0 {
		t.Errorf("claims against nobody: %+v", table.Claims)
	}
}

func TestRankRanges(t *testing.T) {
	t.Parallel()
	called := func(a, b int, ratio float64) Claim {
		return Claim{A: a, B: b, Ratio: Ratio{Value: ratio}, Called: true}
	}
	open := func(a, b int) Claim { return Claim{A: a, B: b, Ratio: Ratio{Value: 1.01}} }
	table := ClaimSet{Cells: make([]CellValues, 5), Claims: []Claim{
		// 0 and 1 are alike, 1 and 2 are alike, 0 beats 2; all beat 3.
		open(0, 1), called(0, 2, 0.9), called(0, 3, 0.5), open(1, 2), called(1, 3, 0.5), called(3, 2, 1.8),
	}}
	want := []RankRange{{1, 2}, {1, 3}, {2, 3}, {4, 4}, {}}
	if got := table.RankRanges(false); !slices.Equal(got, want) {
		t.Errorf("highest first: %v, want %v", got, want)
	}
	want = []RankRange{{3, 4}, {2, 4}, {2, 3}, {1, 1}, {}}
	if got := table.RankRanges(true); !slices.Equal(got, want) {
		t.Errorf("lowest first: %v, want %v", got, want)
	}
}

// Whatever was measured, each cell's median rank lies in its range, and a
// called pair has the better cell's range no later.
func TestRankRangeLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := lognormal(rapid.Uint64().Draw(t, "seed"), 0.03)
		var values [][]float64
		for range rapid.IntRange(2, 6).Draw(t, "cells") {
			values = append(values, draw(rapid.IntRange(2, 8).Draw(t, "n"), rapid.Float64Range(100, 130).Draw(t, "centre")))
		}
		table := Claims(cells(values...), "")
		ranks := table.RankRanges(false)
		for i, r := range ranks {
			if r.Best < 1 || r.Worst > len(ranks) || r.Best > r.Worst {
				t.Fatalf("cell %d has ranks %+v of %d", i, r, len(ranks))
			}
		}
		for _, c := range table.Claims {
			if !c.Called {
				continue
			}
			best, other := c.A, c.B
			if c.Ratio.Value > 1 {
				best, other = c.B, c.A
			}
			if ranks[best].Worst >= len(ranks) || ranks[other].Best <= 1 {
				t.Fatalf("%d is better than %d: %+v", best, other, ranks)
			}
		}
	})
}

// A cell that is known to an interval is called only where the facing ends
// differ.
func TestIntervalsAreComparedByTheirFacingEnds(t *testing.T) {
	t.Parallel()
	draw := lognormal(6, 0.01)
	low := draw(6, 100)
	wide := CellValues{Name: "wide", Values: low, Upper: make([]float64, 6)}
	for i := range low {
		wide.Upper[i] = low[i] * 1.1
	}
	for _, k := range []struct {
		centre, sign float64
		called       bool
	}{{90, -1, true}, {104, 0, false}, {108, 0, false}, {121, 1, true}} {
		for _, turned := range []bool{false, true} {
			pair, sign := []CellValues{wide, {Name: "sharp", Values: draw(6, k.centre)}}, k.sign
			if turned {
				slices.Reverse(pair)
				sign = -sign
			}
			c := Claims(pair, "").Claims[0]
			got := 0.0
			if c.Called {
				got = math.Copysign(1, c.Ratio.Value-1)
			}
			if got != sign {
				t.Errorf("%v against [100, 110], turned %v: called %v, ratio %+v", k.centre, turned, c.Called, c.Ratio)
			}
		}
	}
	bad := wide
	bad.Upper = bad.Upper[:3]
	if table := Claims([]CellValues{bad, {Name: "sharp", Values: low}}, ""); len(table.Claims) != 0 {
		t.Errorf("half an interval is compared: %+v", table.Claims)
	}
}

func ExampleClaims() {
	table := Claims([]CellValues{
		{Name: "a", Values: []float64{60.1, 60.3, 59.8, 60.6, 60.2}},
		{Name: "b", Values: []float64{60.4, 59.9, 60.0, 60.5, 60.3}},
		{Name: "c", Values: []float64{70.2, 69.7, 70.4, 70.0, 70.1}},
	}, "")
	for i, r := range table.RankRanges(false) {
		fmt.Println(table.Cells[i].Name, r.Best, r.Worst)
	}
	// Output:
	// a 2 3
	// b 2 3
	// c 1 1
}
