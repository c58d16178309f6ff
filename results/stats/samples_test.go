package stats

import (
	"testing"

	"pgregory.net/rapid"
)

// Samples agree with the count, the extremes and every quantile.
func TestSamples(t *testing.T) {
	t.Parallel()
	tb := t
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(1, 1e10), 1, 200).Draw(t, "values")
		d := decode(tb, encode(tb, 1e10, values...))
		var n uint64
		last := int64(0)
		for _, s := range d.Samples() {
			if s.Count == 0 || s.NS <= last {
				t.Fatalf("%d samples at %d behind %d", s.Count, s.NS, last)
			}
			last = s.NS
			n += s.Count
			if at := d.Quantile(float64(n) / float64(d.Count())); at != s.NS {
				t.Fatalf("the first %d of %d samples end at %d, the quantile at %d", n, d.Count(), s.NS, at)
			}
		}
		if n != d.Count() || last != d.Max() {
			t.Fatalf("%d samples up to %d, want %d up to %d", n, last, d.Count(), d.Max())
		}
	})
}
