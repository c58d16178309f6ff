package stats

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The ranks and coverages are those of "Table A.7: Confidence Intervals for
// the Population Median" (a statistics textbook's appendix, page 656, n = 2 to
// 20; https://www.coursehero.com/file/5646626/A7/): of each n the last line at
// or above 95 %. n = 2 to 5 reach 50.0, 75.0, 87.5 and 93.8 % at most.
func TestRankKnownAnswers(t *testing.T) {
	t.Parallel()
	table := map[int]int{
		2: 0, 3: 0, 4: 0, 5: 0, 6: 1, 7: 1, 8: 1, 9: 2, 10: 2, 11: 2, 12: 3,
		13: 3, 14: 3, 15: 4, 16: 4, 17: 5, 18: 5, 19: 5, 20: 6,
	}
	for n, want := range table {
		if got := rank(n); got != want {
			t.Errorf("rank(%d) = %d, want %d", n, got, want)
		}
	}
}

// The definition in whole numbers: twice the deals with fewer than k of n values
// below the median are at most one in twenty, and those with k are more.
func TestRankByWholeNumbers(t *testing.T) {
	t.Parallel()
	for _, n := range []int{6, 21, 30, 57, 100, 400} {
		missed := new(big.Int)
		tooMany := func(k int) bool {
			missed.Add(missed, new(big.Int).Binomial(int64(n), int64(k)))
			return new(big.Int).Mul(missed, big.NewInt(40)).Cmp(new(big.Int).Lsh(big.NewInt(1), uint(n))) > 0
		}
		want := 0
		for !tooMany(want) {
			want++
		}
		if got := rank(n); got != want {
			t.Errorf("rank(%d) = %d, whole numbers say %d", n, got, want)
		}
	}
}

func TestRankOfManyValues(t *testing.T) {
	t.Parallel()
	// The normal approximation n/2 − 0.98 √n is within one rank there.
	for _, n := range []int{500, 2000, 20_000, 1_000_000} {
		want := float64(n)/2 - 1.959964*math.Sqrt(float64(n))/2
		if got := float64(rank(n)); math.Abs(got-want) > 1 {
			t.Errorf("rank(%d) = %v, the normal approximation says %.1f", n, got, want)
		}
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		values []float64
		want   Estimate
	}{
		{"none", nil, Estimate{Kind: None}},
		{"one", []float64{7}, Estimate{7, 7, 7, 1, Single}},
		{"two", []float64{9, 7}, Estimate{8, 7, 9, 2, Range}},
		{"five", []float64{5, 1, 4, 2, 3}, Estimate{3, 1, 5, 5, Range}},
		{"six", []float64{6, 5, 1, 4, 2, 3}, Estimate{3.5, 1, 6, 6, Interval}},
		{"nine", []float64{9, 8, 7, 6, 5, 1, 4, 2, 3}, Estimate{5, 2, 8, 9, Interval}},
		{"ten", []float64{10, 9, 8, 7, 6, 5, 1, 4, 2, 3}, Estimate{5.5, 2, 9, 10, Interval}},
	} {
		if got := Median(c.values); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestMedianLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1e12, 1e12), 1, 60).Draw(t, "values")
		before := slices.Clone(values)
		e := Median(values)
		if !slices.Equal(values, before) {
			t.Fatal("Median changed its argument")
		}
		if e.Low > e.Value || e.Value > e.High {
			t.Fatalf("not low ≤ value ≤ high: %+v", e)
		}
		if !slices.Contains(values, e.Low) || !slices.Contains(values, e.High) {
			t.Fatalf("bounds are no order statistics: %+v", e)
		}
		if (e.Kind == Interval) != (len(values) >= 6) {
			t.Fatalf("%d values gave a %s", len(values), e.Kind)
		}
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
		if again := Median(values); again != e {
			t.Fatalf("the order matters: %+v, then %+v", e, again)
		}
		scaled := make([]float64, len(values))
		for i, v := range values {
			scaled[i] = v * 4 // exact in binary
		}
		if s := Median(scaled); s.Value != e.Value*4 || s.Low != e.Low*4 || s.High != e.High*4 {
			t.Fatalf("does not scale: %+v, then %+v", e, s)
		}
	})
}

// The law that gives the interval its name: over many samples of a skewed
// distribution it holds the true median at least 95 % of the time.
func TestIntervalCoversTheMedian(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 11))
	const rounds = 1500
	for _, n := range []int{6, 9, 17} {
		hits := 0
		for range rounds {
			values := make([]float64, n)
			for i := range values {
				values[i] = rng.ExpFloat64()
			}
			if e := Median(values); e.Low <= math.Ln2 && math.Ln2 <= e.High {
				hits++
			}
		}
		// Four standard deviations of 1500 draws at 95 % are 2.3 %.
		if share := float64(hits) / rounds; share < 0.927 {
			t.Errorf("n=%d: covered %.3f of the time", n, share)
		}
	}
}
