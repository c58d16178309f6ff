package stats

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results"
)

// encode makes a histogram as the loader writes it.
func encode(t testing.TB, highest int64, values ...int64) *results.Histogram {
	t.Helper()
	h := hdrhistogram.New(1, highest, 3)
	for _, v := range values {
		if err := h.RecordValue(v); err != nil {
			t.Fatal(err)
		}
	}
	return wrap(t, h, slices.Min(values), slices.Max(values))
}

func wrap(t testing.TB, h *hdrhistogram.Histogram, lo, hi int64) *results.Histogram {
	t.Helper()
	b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	return &results.Histogram{Count: uint64(h.TotalCount()), MinNS: lo, MaxNS: hi, HDRv2: string(b)}
}

func decode(t testing.TB, h *results.Histogram) *Dist {
	t.Helper()
	d, err := Decode(h)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDecodeEmpty(t *testing.T) {
	t.Parallel()
	for _, h := range []*results.Histogram{nil, {}} {
		d := decode(t, h)
		if d.Count() != 0 || d.Quantile(0.5) != 0 || d.Max() != 0 || d.min != 0 || d.Supports(0.5) {
			t.Errorf("Decode(%v) = %+v, want an empty distribution", h, d)
		}
	}
}

func TestDecodeRefusesDamage(t *testing.T) {
	t.Parallel()
	good := encode(t, 1e9, 100, 200, 300)
	for name, h := range map[string]results.Histogram{
		"not base64":       {Count: 3, MinNS: 1, MaxNS: 9, HDRv2: "!!"},
		"nothing":          {Count: 3, MinNS: 1, MaxNS: 9},
		"cut short":        {Count: 3, MinNS: 100, MaxNS: 300, HDRv2: good.HDRv2[:len(good.HDRv2)-8]},
		"another count":    {Count: 4, MinNS: 100, MaxNS: 300, HDRv2: good.HDRv2},
		"min above max":    {Count: 3, MinNS: 301, MaxNS: 300, HDRv2: good.HDRv2},
		"a foreign cookie": {Count: 3, MinNS: 100, MaxNS: 300, HDRv2: strings.Repeat("A", len(good.HDRv2))},
	} {
		if d, err := Decode(&h); err == nil {
			t.Errorf("%s: decoded to %+v", name, d)
		} else if !strings.Contains(err.Error(), "histogram") {
			t.Errorf("%s: the error does not say what was decoded: %v", name, err)
		}
	}
}

func TestSupportsAtTheStatedCounts(t *testing.T) {
	t.Parallel()
	// METHOD.md §1: p99.9 needs 10 000 samples, p99.99 needs 100 000.
	for _, c := range []struct {
		q      float64
		needed int64
	}{{0.5, 20}, {0.75, 40}, {0.9, 100}, {0.99, 1000}, {0.999, 10000}, {0.9999, 100000}} {
		for _, n := range []int64{c.needed - 1, c.needed} {
			h := hdrhistogram.New(1, 1e9, 3)
			if err := h.RecordValues(1000, n); err != nil {
				t.Fatal(err)
			}
			if got, want := decode(t, wrap(t, h, 1000, 1000)).Supports(c.q), n >= c.needed; got != want {
				t.Errorf("Supports(%v) with %d samples = %v", c.q, n, got)
			}
		}
	}
}

// Quantiles are those of the sorted samples, to three significant digits, between
// the smallest and the largest.
func TestQuantileAgainstSortedSamples(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(1, 5e6), 1, 60).Draw(t, "values")
		h := hdrhistogram.New(1, 1e7, 3)
		for _, v := range values {
			if err := h.RecordValue(v); err != nil {
				t.Fatal(err)
			}
		}
		slices.Sort(values)
		b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		if err != nil {
			t.Fatal(err)
		}
		d, err := Decode(&results.Histogram{
			Count: uint64(len(values)), MinNS: values[0], MaxNS: values[len(values)-1], HDRv2: string(b),
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range []float64{0, 0.5, 0.9, 0.99, 1} {
			at := int(math.Round(q*float64(len(values)))) - 1
			want := values[min(max(at, 0), len(values)-1)]
			got := d.Quantile(q)
			if diff := math.Abs(float64(got - want)); diff > float64(want)/1000+1 {
				t.Fatalf("Quantile(%v) of %v = %d, want %d", q, values, got, want)
			}
			if got < d.min || got > d.Max() {
				t.Fatalf("Quantile(%v) = %d leaves [%d, %d]", q, got, d.min, d.Max())
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(f, 1e9, 100, 200, 300).HDRv2, uint64(3), int64(100), int64(300))
	f.Add("", uint64(1), int64(0), int64(0))
	f.Add("HISTFAAAAAAAAAAA", uint64(1), int64(-1), int64(1))
	f.Fuzz(func(t *testing.T, hdr string, count uint64, lo, hi int64) {
		d, err := Decode(&results.Histogram{Count: count, MinNS: lo, MaxNS: hi, HDRv2: hdr})
		if err != nil {
			return
		}
		for _, q := range []float64{0, 0.5, 0.999, 1} {
			if v := d.Quantile(q); d.Count() > 0 && (v < d.min || v > d.Max()) {
				t.Fatalf("Quantile(%v) = %d leaves [%d, %d]", q, v, d.min, d.Max())
			}
		}
	})
}
