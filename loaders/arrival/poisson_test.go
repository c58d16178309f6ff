package arrival_test

import (
	"math"
	"slices"
	"testing"

	"github.com/joust-bench/joust/loaders/arrival"
)

func poisson(t testing.TB, rate float64) arrival.Schedule {
	t.Helper()
	s, err := arrival.Poisson(rate)
	return must(t, s, err)
}

// The counts of a Poisson process in windows of one second have mean and
// variance λ. Over n windows the sample mean has the deviation √(λ/n), the
// sample variance λ·√(2/n + 1/(λn)), from the fourth central moment 3λ² + λ.
// Seeds are fixed, so the bound of four deviations is met or it is not.
func TestPoissonCounts(t *testing.T) {
	t.Parallel()
	const windows = 1000
	for _, c := range []struct {
		rate          float64
		shard, shards int
		seed          uint64
	}{{500, 0, 1, 1}, {500, 0, 1, 2}, {2000, 0, 4, 3}, {2000, 3, 4, 3}, {20, 0, 1, 4}, {0.8, 0, 1, 5}} {
		lambda := c.rate / float64(c.shards)
		counts := perSecond(poisson(t, c.rate).Cursor(c.shard, c.shards, c.seed), windows)
		mean, variance := moments(counts)
		if off, bound := math.Abs(mean-lambda), 4*math.Sqrt(lambda/windows); off > bound {
			t.Errorf("%+v: mean %v, want %v ± %v", c, mean, lambda, bound)
		}
		bound := 4 * lambda * math.Sqrt(2.0/windows+1/(lambda*windows))
		if off := math.Abs(variance - lambda); off > bound {
			t.Errorf("%+v: variance %v, want %v ± %v", c, variance, lambda, bound)
		}
	}
}

// perSecond counts arrivals in windows of one second.
func perSecond(c arrival.Cursor, windows int) []float64 {
	counts := make([]float64, windows)
	for {
		at, ok := c.Next()
		i := at / 1e9
		if !ok || i >= int64(windows) {
			return counts
		}
		counts[i]++
	}
}

func moments(xs []float64) (mean, variance float64) {
	for _, x := range xs {
		mean += x
	}
	mean /= float64(len(xs))
	for _, x := range xs {
		variance += (x - mean) * (x - mean)
	}
	return mean, variance / float64(len(xs)-1)
}

// Kolmogorov and Smirnov: √n·D exceeds 1.9495 = √(−½·ln(0.001/2)) with a
// probability of 0.1 % if the gaps are exponential with the given mean (Knuth,
// The Art of Computer Programming 2, 3.3.1 B). The same test must refuse
// neighbouring laws, or it would show nothing.
func TestPoissonGapsAreExponential(t *testing.T) {
	t.Parallel()
	const n, critical = 20_000, 1.9495
	for seed := uint64(1); seed <= 5; seed++ {
		at := take(t, poisson(t, 4000).Cursor(int(seed%4), 4, seed), n+1)
		gaps := make([]float64, n)
		for i := range gaps {
			gaps[i] = float64(at[i+1] - at[i])
		}
		slices.Sort(gaps)
		if d := distance(gaps, 1e6); d > critical {
			t.Errorf("seed %d: √n·D = %v for a mean gap of 1 ms, critical %v", seed, d, critical)
		}
		for _, wrong := range []float64{0.95e6, 1.05e6} {
			if d := distance(gaps, wrong); d <= critical {
				t.Errorf("seed %d: the test does not refuse a mean gap of %v ns where it is 1 ms (%v)", seed, wrong, d)
			}
		}
	}
}

// distance is √n·D of sorted gaps from the exponential law with the mean.
func distance(sorted []float64, mean float64) float64 {
	n := float64(len(sorted))
	var d float64
	for i, x := range sorted {
		f := -math.Expm1(-x / mean)
		d = max(d, f-float64(i)/n, float64(i+1)/n-f)
	}
	return math.Sqrt(n) * d
}

func TestPoissonFollowsItsSeed(t *testing.T) {
	t.Parallel()
	s := poisson(t, 1000)
	first := take(t, s.Cursor(0, 2, 9), 1000)
	if !slices.Equal(first, take(t, s.Cursor(0, 2, 9), 1000)) {
		t.Error("the same shard and seed gave other instants")
	}
	if !slices.IsSorted(first) {
		t.Error("instants go back in time")
	}
	for name, other := range map[string]arrival.Cursor{
		"another shard": s.Cursor(1, 2, 9),
		"another seed":  s.Cursor(0, 2, 10),
	} {
		if slices.Equal(first[:5], take(t, other, 5)) {
			t.Errorf("%s gave the same instants", name)
		}
	}
}

// Counts of two shards in the same windows are uncorrelated: with n windows
// the correlation has the deviation 1/√n.
func TestPoissonShardsAreIndependent(t *testing.T) {
	t.Parallel()
	const windows = 1000
	s := poisson(t, 400)
	streams := [][]float64{
		perSecond(s.Cursor(0, 2, 5), windows),
		perSecond(s.Cursor(1, 2, 5), windows),
		perSecond(s.Cursor(0, 2, 6), windows),
	}
	for i, a := range streams {
		for _, b := range streams[i+1:] {
			if r := correlation(a, b); math.Abs(r) > 4/math.Sqrt(windows) {
				t.Errorf("correlation %v from stream %d", r, i)
			}
		}
	}
}

func correlation(a, b []float64) float64 {
	meanA, varA := moments(a)
	meanB, varB := moments(b)
	var sum float64
	for i := range a {
		sum += (a[i] - meanA) * (b[i] - meanB)
	}
	return sum / float64(len(a)-1) / math.Sqrt(varA*varB)
}

// At ten million a second gaps are 100 ns: rounding them would bias the rate
// by up to half a percent, forty times the bound of this test.
func TestPoissonKeepsHighRates(t *testing.T) {
	t.Parallel()
	const n = 1_000_000
	at := take(t, poisson(t, 1e7).Cursor(0, 1, 11), n)
	got, want := float64(at[n-1]), float64(n)*100
	if off := math.Abs(got/want - 1); off > 4/math.Sqrt(n) {
		t.Errorf("%d arrivals took %v ns, want %v", n, got, want)
	}
}

func TestPoissonEndsBeyondTheClock(t *testing.T) {
	t.Parallel()
	cursor := poisson(t, arrival.MinRate).Cursor(0, math.MaxInt32, 1) // a mean gap of 68 000 years
	if at, ok := cursor.Next(); ok {
		t.Errorf("an arrival at %d ns, want none", at)
	}
	if _, ok := cursor.Next(); ok {
		t.Error("the ended schedule went on")
	}
}
