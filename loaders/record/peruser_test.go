package record_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

func TestPerUser(t *testing.T) {
	t.Parallel()
	if got := record.PerUser(nil, nil); got != nil {
		t.Errorf("without users: %+v", got)
	}
	got := record.PerUser([]uint64{2, 4, 4, 4}, nil, []uint64{5, 5, 7, 9})
	if want := (results.PerUser{Users: 8, Min: 2, Max: 9, Mean: 5, Stdev: 2}); *got != want {
		t.Errorf("%+v, want %+v", *got, want)
	}
	if record.MergePerUser(got, nil) != nil || record.MergePerUser(nil, got) != nil {
		t.Error("a part without users has a distribution")
	}
}

// Parts that are merged have the distribution of the whole.
func TestMergePerUser(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		counts := rapid.SliceOfN(rapid.Uint64Max(1_000_000), 1, 50)
		a, b := counts.Draw(rt, "a"), counts.Draw(rt, "b")
		merged, whole := record.MergePerUser(record.PerUser(a), record.PerUser(b)), record.PerUser(a, b)
		near := func(x, y float64) bool { return math.Abs(x-y) <= 1e-6*max(1, math.Abs(y)) }
		if merged.Users != whole.Users || merged.Min != whole.Min || merged.Max != whole.Max || !near(merged.Mean, whole.Mean) || !near(merged.Stdev, whole.Stdev) {
			rt.Fatalf("merged %+v, whole %+v", *merged, *whole)
		}
	})
}
