package arrival_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/loaders/arrival"
)

// take is the first n instants of a cursor.
func take(t testing.TB, c arrival.Cursor, n int) []int64 {
	t.Helper()
	out := make([]int64, 0, n)
	for range n {
		at, ok := c.Next()
		if !ok {
			t.Fatalf("the schedule ended after %d arrivals", len(out))
		}
		out = append(out, at)
	}
	return out
}

func must(t testing.TB, s arrival.Schedule, err error) arrival.Schedule {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func constant(t testing.TB, rate float64) arrival.Schedule {
	t.Helper()
	s, err := arrival.Constant(rate)
	return must(t, s, err)
}

// exact is ⌊k·10⁹/rate⌋ in arbitrary precision: the definition.
func exact(k int64, rate float64) int64 {
	q := new(big.Rat).Quo(
		new(big.Rat).SetInt(new(big.Int).Mul(big.NewInt(k), big.NewInt(1e9))),
		new(big.Rat).SetFloat64(rate))
	return new(big.Int).Div(q.Num(), q.Denom()).Int64()
}

// rates covers the accepted range evenly in orders of magnitude, whole and
// fractional.
func rates() *rapid.Generator[float64] {
	return rapid.Custom(func(t *rapid.T) float64 {
		rate := math.Pow(10, rapid.Float64Range(-2, 7).Draw(t, "log10 rate"))
		if rate >= 1 && rapid.Bool().Draw(t, "whole") {
			rate = math.Floor(rate)
		}
		return rate
	})
}

func TestConstantInstants(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rate float64
		want []int64
	}{
		{1, []int64{0, 1e9, 2e9, 3e9}},
		{3, []int64{0, 333_333_333, 666_666_666, 1e9, 1_333_333_333}},
		{0.5, []int64{0, 2e9, 4e9}},
		{2.5, []int64{0, 4e8, 8e8, 12e8}},
		{1e7, []int64{0, 100, 200, 300}},
		{1e9, []int64{0, 1, 2, 3}},
		{0.001, []int64{0, 999_999_999_999, 1_999_999_999_999}}, // the float64 is a little above 1/1000
	} {
		got := take(t, constant(t, c.rate).Cursor(0, 1, 0), len(c.want))
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("rate %v: t(%d) = %d ns, want %d", c.rate, i, got[i], c.want[i])
			}
		}
	}
}

// Shard 0 of k shards jumps to the k-th arrival at its second step, which shows
// an instant hours away without walking there.
func TestConstantDoesNotDrift(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		rate := rates().Draw(rt, "rate")
		most := int64(rate * 48 * 3600)
		k := rapid.Int64Range(1, max(most, 1)).Draw(rt, "k")
		cursor := constant(t, rate).Cursor(0, int(k), 0)
		got := take(t, cursor, 2)[1]
		if want := exact(k, rate); got != want {
			rt.Fatalf("rate %v: t(%d) = %d, want %d", rate, k, got, want)
		}
	})
}

func TestConstantShardsMakeTheWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		schedule := constant(t, rates().Draw(rt, "rate"))
		checkUnion(rt, schedule, rapid.IntRange(1, 9).Draw(rt, "shards"))
	})
}

// checkUnion asserts that the shards taken in turn are the whole schedule,
// which must not go back in time.
func checkUnion(rt *rapid.T, s arrival.Schedule, shards int) {
	whole := s.Cursor(0, 1, 1)
	parts := make([]arrival.Cursor, shards)
	for i := range parts {
		parts[i] = s.Cursor(i, shards, 2)
	}
	var last int64
	for k := range 200 {
		want, ok := whole.Next()
		got, gotOK := parts[k%shards].Next()
		if got != want || gotOK != ok {
			rt.Fatalf("arrival %d of shard %d: %d (%v), whole schedule %d (%v)", k, k%shards, got, gotOK, want, ok)
		}
		if !ok {
			return
		}
		if want < last {
			rt.Fatalf("arrival %d at %d is before the last at %d", k, want, last)
		}
		last = want
	}
}

// In [0, T) there are ⌈rate·T⌉ arrivals, the first of them at 0.
func TestConstantCount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		rate := rates().Draw(rt, "rate")
		span := time.Duration(rapid.Float64Range(1, 5000).Draw(rt, "arrivals") / rate * 1e9)
		cursor := constant(t, rate).Cursor(0, 1, 0)
		var got int64
		at, _ := cursor.Next()
		for ; at < int64(span); at, _ = cursor.Next() {
			got++
		}
		if want := exact(got, rate); at != want {
			rt.Fatalf("rate %v: arrival %d after as many steps is at %d, want %d", rate, got, at, want)
		}
		product := new(big.Rat).SetFloat64(rate)
		product.Mul(product, big.NewRat(int64(span), 1e9))
		up := new(big.Int).Add(product.Num(), new(big.Int).Sub(product.Denom(), big.NewInt(1)))
		if want := up.Div(up, product.Denom()).Int64(); got != want {
			rt.Fatalf("rate %v over %v: %d arrivals, want %d", rate, span, got, want)
		}
	})
}

func TestConstantEndsBeyondTheClock(t *testing.T) {
	t.Parallel()
	for _, rate := range []float64{0.001, 1, 3, 1e9} {
		cursor := constant(t, rate).Cursor(0, math.MaxInt, 0)
		if at, ok := cursor.Next(); at != 0 || !ok {
			t.Errorf("rate %v: the first arrival is at %d (%v)", rate, at, ok)
		}
		for range 5 {
			if at, ok := cursor.Next(); ok {
				t.Errorf("rate %v: an arrival at %d ns, past every clock", rate, at)
			}
		}
	}
}

func TestShardsThatDoNotExist(t *testing.T) {
	t.Parallel()
	poisson, err := arrival.Poisson(10)
	for _, s := range []arrival.Schedule{constant(t, 10), must(t, poisson, err)} {
		for _, shard := range []int{-1, 4, 5} {
			if at, ok := s.Cursor(shard, 4, 1).Next(); ok {
				t.Errorf("%T: shard %d of 4 has an arrival at %d", s, shard, at)
			}
		}
		if _, ok := s.Cursor(0, 0, 1).Next(); !ok {
			t.Errorf("%T: shard 0 of 0 is empty, not the whole", s)
		}
	}
}

func TestRatesRefused(t *testing.T) {
	t.Parallel()
	for _, rate := range []float64{0, -1, 0.0009, 1.1e9, math.NaN(), math.Inf(1), math.Inf(-1)} {
		for name, make := range map[string]func(float64) (arrival.Schedule, error){"constant": arrival.Constant, "poisson": arrival.Poisson} {
			if _, err := make(rate); err == nil {
				t.Errorf("%s at %v per second was accepted", name, rate)
			}
		}
	}
}

func TestNextAllocatesNothing(t *testing.T) {
	for name, s := range schedules(t) {
		cursor := s.Cursor(1, 4, 7)
		if n := testing.AllocsPerRun(1000, func() { cursor.Next() }); n != 0 {
			t.Errorf("%s: Next allocates %v times", name, n)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	for name, s := range schedules(b) {
		b.Run(name, func(b *testing.B) {
			cursor := s.Cursor(1, 4, 7)
			b.ReportAllocs()
			for b.Loop() {
				cursor.Next()
			}
		})
	}
}

// schedules is one schedule of each kind.
func schedules(t testing.TB) map[string]arrival.Schedule {
	t.Helper()
	poisson, errP := arrival.Poisson(123_456.7)
	ramp, errR := arrival.Ramp(10, 100_000, time.Hour)
	burst, errB := arrival.Burst(100, time.Millisecond)
	all := curves(t)
	all["constant"], all["poisson"] = constant(t, 123_456.7), must(t, poisson, errP)
	all["ramp"], all["burst"] = must(t, ramp, errR), must(t, burst, errB)
	return all
}
