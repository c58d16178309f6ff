package record

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results"
)

// encoded is the histogram of the Buckets in a report.
func encoded(t rapid.TB, b *Buckets) *results.Histogram {
	t.Helper()
	r, err := new(Encoder).Encode(b)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Buckets are told in the same bytes as the library's histogram of the same values, and
// merging and packing change nothing.
func TestBucketsAreAHistogram(t *testing.T) {
	t.Parallel()
	values := rapid.SliceOf(rapid.OneOf(rapid.Int64Range(-10, 5000), rapid.Int64Range(1, 700e9), rapid.SampledFrom([]int64{2047, 2048, 2049, 600e9, math.MaxInt64})))
	var e Encoder
	rapid.Check(t, func(rt *rapid.T) {
		a, b := values.Draw(rt, "a"), values.Draw(rt, "b")
		var library Histogram
		var whole, part, unpacked Buckets
		for _, v := range a {
			library.Record(v)
			whole.Record(v)
		}
		for _, v := range b {
			library.Record(v)
			part.Record(v)
		}
		whole.Merge(&part)
		unpacked.Unpack(whole.Pack())
		want, err := library.Result()
		if err != nil {
			rt.Fatal(err)
		}
		got, err := e.Encode(&unpacked)
		if err != nil {
			rt.Fatal(err)
		}
		near := cmp.Comparer(func(a, b float64) bool { return a == b || math.Abs(a/b-1) < 1e-9 })
		if diff := cmp.Diff(want, got, near); diff != "" {
			rt.Errorf("the library's histogram and the buckets differ (-library +buckets):\n%s", diff)
		}
		whole.Reset()
		whole.Record(7)
		if r := encoded(rt, &whole); r.Count != 1 || r.MaxNS != 7 || r.MinNS != 7 {
			rt.Errorf("buckets that were reset hold %+v", r)
		}
	})
}

// Counts of any size have the library's form, and its 9 bytes at most.
func TestNumbersAreReadByTheLibrary(t *testing.T) {
	t.Parallel()
	for shift := range 62 {
		n := uint64(1) << shift
		var b Buckets
		b.totals = totals{count: n, min: 5, max: 5, sum: 5}
		b.put(bucketOf(5), n)
		h, err := decode(encoded(t, &b))
		if err != nil || uint64(h.h.TotalCount()) != n || h.h.ValueAtQuantile(50) != 5 {
			t.Errorf("%d values of 5 ns are read as %v, %v", n, h.h, err)
		}
	}
}

// Recording does not allocate, and encoding again and again leaves no garbage but the
// histogram itself.
func TestBucketsKeepTheirMemory(t *testing.T) {
	var b Buckets
	b.Reserve()
	v := int64(1)
	if n := testing.AllocsPerRun(1000, func() {
		v = v*7%1_000_003 + 1
		b.Record(v)
	}); n != 0 {
		t.Errorf("%v allocations for one value", n)
	}
	var e Encoder
	if n := testing.AllocsPerRun(10, func() {
		if _, err := e.Encode(&b); err != nil {
			t.Fatal(err)
		}
	}); n > 4 {
		t.Errorf("%v allocations for a histogram", n)
	}
}
