package arrival_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/loaders/arrival"
)

// The shares of a schedule, each divided into shards of its own, make the whole.
func TestSharesMakeTheSchedule(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		rate := rapid.Float64Range(100, 5000).Draw(rt, "rate")
		of := rapid.IntRange(1, 5).Draw(rt, "loaders")
		burst, err := arrival.Burst(rapid.IntRange(1, 20).Draw(rt, "burst"), 10*time.Millisecond)
		for _, s := range []arrival.Schedule{constant(t, rate), must(t, burst, err)} {
			const until = int64(time.Second)
			var parts []int64
			for i := range of {
				part, shards := s.Share(i, of), rapid.IntRange(1, 4).Draw(rt, "threads")
				for shard := range shards {
					parts = append(parts, instants(part.Cursor(shard, shards, 1), until)...)
				}
			}
			slices.Sort(parts)
			if whole := instants(s.Cursor(0, 1, 1), until); !slices.Equal(whole, parts) {
				rt.Fatalf("%d arrivals of %d", len(parts), len(whole))
			}
		}
	})
}

// The shares of a Poisson schedule are different streams with the rate of the whole.
func TestSharesOfAPoissonSchedule(t *testing.T) {
	t.Parallel()
	s, err := arrival.Poisson(1000)
	s = must(t, s, err)
	n, first := 0, map[int64]bool{}
	for i := range 3 {
		for shard := range i + 1 {
			at := instants(s.Share(i, 3).Cursor(shard, i+1, 7), int64(100*time.Second))
			n += len(at)
			first[at[0]] = true
		}
	}
	if n < 98_000 || n > 102_000 || len(first) != 6 {
		t.Errorf("%d arrivals in 100 s at 1000 a second, %d streams of 6", n, len(first))
	}
}

// instants returns those of the cursor before until.
func instants(c arrival.Cursor, until int64) []int64 {
	var list []int64
	for {
		at, ok := c.Next()
		if !ok || at >= until {
			return list
		}
		list = append(list, at)
	}
}
