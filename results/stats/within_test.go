package stats

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results"
)

var latencies = rapid.SliceOfN(rapid.Int64Range(1, 60e9), 1, 200)

// The share of the samples within a value, and the quantile of a share, are the two
// readings of one curve.
func TestWithinAgreesWithQuantile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		samples := latencies.Draw(rt, "samples")
		d := decode(t, encode(t, 600e9, samples...))
		values := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, 61e9), rapid.SampledFrom(samples)), 1, 20).Draw(rt, "values")
		slices.Sort(values)
		counts := d.Within(values)
		if !slices.IsSorted(counts) || counts[len(counts)-1] > d.Count() {
			rt.Fatalf("of %d samples %v lie within %v", d.Count(), counts, values)
		}
		for i, v := range values {
			for n := range d.Count() + 1 {
				q := float64(n) / float64(d.Count())
				if n > 0 && (d.Quantile(q) <= v) != (counts[i] >= n) {
					rt.Fatalf("%d of %d samples lie within %d, and the quantile %v is %d", counts[i], d.Count(), v, q, d.Quantile(q))
				}
			}
		}
		if all := d.Within([]int64{d.Max()}); all[0] != d.Count() {
			rt.Fatalf("%d of %d samples lie within the largest", all[0], d.Count())
		}
	})
}

func TestWithinOfNothing(t *testing.T) {
	t.Parallel()
	if got := (&Dist{}).Within([]int64{1, 2}); !slices.Equal(got, []uint64{0, 0}) {
		t.Errorf("%v of no samples", got)
	}
}

// The samples of all parts are those of the whole.
func TestMerged(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var all []int64
		parts := []*results.Histogram{nil, {}}
		for range rapid.IntRange(1, 4).Draw(rt, "parts") {
			samples := latencies.Draw(rt, "samples")
			all, parts = append(all, samples...), append(parts, encode(t, 600e9, samples...))
		}
		for _, p := range parts {
			if d := decode(t, p); d.Count() > 0 {
				p.MeanNS = d.hdr.Mean()
			}
		}
		whole := decode(t, encode(t, 600e9, all...))
		got, err := Merged(parts...)
		if err != nil {
			rt.Fatal(err)
		}
		if got.Count() != whole.Count() || got.min != whole.min || got.Max() != whole.Max() {
			rt.Fatalf("%d samples from %d to %d, want %d from %d to %d", got.Count(), got.min, got.Max(), whole.Count(), whole.min, whole.Max())
		}
		for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 1} {
			if got.Quantile(q) != whole.Quantile(q) {
				rt.Fatalf("the quantile %v is %d, want %d", q, got.Quantile(q), whole.Quantile(q))
			}
		}
		if mean := whole.hdr.Mean(); got.mean < mean*0.999999 || got.mean > mean*1.000001 {
			rt.Fatalf("the mean is %v, want %v", got.mean, mean)
		}
	})
}

func TestMergedRefusesWhatItCannotHold(t *testing.T) {
	t.Parallel()
	if _, err := Merged(encode(t, 1e6, 1000), encode(t, 600e9, 5e9)); err == nil {
		t.Error("a sample is lost without a word")
	}
	if _, err := Merged(&results.Histogram{Count: 1, HDRv2: "!"}); err == nil {
		t.Error("a damaged histogram is merged")
	}
}
