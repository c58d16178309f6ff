package record

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The list is the start of all requests when sorted, in whatever order the threads
// record them.
func TestSlowestAgreesWithSorting(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		latencies := rapid.SliceOfN(rapid.Int64Range(1, 60), 0, 200).Draw(rt, "latencies")
		threads := rapid.IntRange(1, 4).Draw(rt, "threads")
		shards := make([]Slowest, threads)
		for i, latency := range latencies {
			shard := &shards[i%threads]
			shard.add(&Exchange{Intended: int64(i), Connection: int32(i), Number: uint64(i)}, int64(i)+latency, 200+i)
		}
		var all Slowest
		for i := range shards {
			shards[i].OfThread(i, func(number uint64) string { return fmt.Sprint(i, "/", number) })
			all.merge(&shards[i])
		}
		want := slices.Clone(latencies)
		slices.SortFunc(want, func(a, b int64) int { return cmp.Compare(b, a) })
		want = want[:min(len(want), MostSlowest)]
		var got []int64
		seen := map[int]bool{}
		for _, r := range all.result([]string{"only"}) {
			i, latency := r.Connection, r.EndNS-r.IntendedNS
			if seen[i] || latency != latencies[i] || r.Thread != i%threads || r.Status != 200+i || r.ID != fmt.Sprint(i%threads, "/", i) {
				rt.Fatalf("request %d with %d ns, seen %v: %+v", i, latency, seen[i], r)
			}
			seen[i] = true
			got = append(got, latency)
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("got %v, sorting gives %v", got, want)
		}
	})
}
