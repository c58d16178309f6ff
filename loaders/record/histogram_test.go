package record

import (
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

func filled(values ...int64) *Histogram {
	var h Histogram
	for _, v := range values {
		h.Record(v)
	}
	return &h
}

func lasting(t rapid.TB, h *Histogram) *results.Histogram {
	r, err := h.Result()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestHistogramAtTheEndsOfItsRange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                    string
		values                  []int64
		count, clamped          uint64
		minNS, maxNS            int64
		meanLeastNS, meanMostNS float64
	}{
		{"one", []int64{100}, 1, 0, 100, 100, 100, 100},
		{"zero is within the clock's resolution", []int64{0}, 1, 0, 1, 1, 1, 1},
		{"negative", []int64{-5, 3}, 2, 1, 1, 3, 2, 2},
		{"ten minutes", []int64{600e9}, 1, 0, 600e9, 600e9, 600e9, 600e9},
		{"more than ten minutes", []int64{600e9 + 1, math.MaxInt64}, 2, 2, 600e9, 600e9, 600e9, 600e9},
		{"least of all", []int64{math.MinInt64}, 1, 1, 1, 1, 1, 1},
		{"mean", []int64{1000, 2000, 6000}, 3, 0, 1000, 6000, 3000, 3000},
	} {
		r := lasting(t, filled(c.values...))
		if r.Count != c.count || r.Clamped != c.clamped || r.MinNS != c.minNS || r.MaxNS != c.maxNS {
			t.Errorf("%s: %+v", c.name, r)
		}
		if r.MeanNS < c.meanLeastNS || r.MeanNS > c.meanMostNS {
			t.Errorf("%s: mean %v, want %v to %v", c.name, r.MeanNS, c.meanLeastNS, c.meanMostNS)
		}
	}
	if r := lasting(t, new(Histogram)); r != nil {
		t.Errorf("an empty histogram is %+v, want none", r)
	}
}

// Merging loses nothing, and what lasts can be read back to within the
// precision of three digits.
func TestHistogramMergeAndDecode(t *testing.T) {
	t.Parallel()
	values := rapid.SliceOf(rapid.Int64Range(-10, 700e9))
	rapid.Check(t, func(rt *rapid.T) {
		a, b := values.Draw(rt, "a"), values.Draw(rt, "b")
		merged, whole := filled(a...), filled(append(a, b...)...)
		merged.Merge(filled(b...))
		got, err := json.Marshal(lasting(rt, merged))
		if err != nil {
			rt.Fatal(err)
		}
		want, err := json.Marshal(lasting(rt, whole))
		if err != nil {
			rt.Fatal(err)
		}
		if string(got) != string(want) {
			rt.Errorf("merged %s, at once %s", got, want)
		}
		if whole.Count() != uint64(len(a)+len(b)) {
			rt.Errorf("%d values of %d", whole.Count(), len(a)+len(b))
		}
		whole.Reset()
		if whole.Count() != 0 || lasting(rt, whole) != nil {
			rt.Error("a reset histogram is not empty")
		}
	})
}

func TestHistogramIsDecodedByStats(t *testing.T) {
	t.Parallel()
	var h Histogram
	for i := int64(1); i <= 10_000; i++ {
		h.Record(i * 1000)
	}
	d, err := stats.Decode(lasting(t, &h))
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []float64{0.5, 0.9, 0.99} {
		if got, want := float64(d.Quantile(q)), q*10e6; math.Abs(got/want-1) > 0.002 {
			t.Errorf("quantile %v is %v ns, want %v", q, got, want)
		}
	}
}

// Lags are kept to two digits, also when they are merged into an empty phase.
func TestLagsHaveTwoDigits(t *testing.T) {
	t.Parallel()
	thread, all := newLedger(1), newLedger(1)
	thread.Reset(Span{Loop: results.OpenLoop, T1: 1e9})
	for i := int64(1); i <= 10_000; i++ {
		thread.Lag(0, 0, i*1000)
	}
	all.Merge(thread)
	r := lasting(t, &all.SendLagIdle)
	d, err := stats.Decode(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []float64{0.5, 0.9, 0.99} {
		if got, want := float64(d.Quantile(q)), q*10e6; math.Abs(got/want-1) > 0.01 {
			t.Errorf("quantile %v is %v ns, want %v", q, got, want)
		}
	}
	if r.MinNS != 1000 || r.MaxNS != 10e6 || r.MeanNS != 5_000_500 {
		t.Errorf("extremes and mean are not exact: %+v", r)
	}
}
