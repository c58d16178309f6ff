package core

import (
	"testing"

	"pgregory.net/rapid"
)

// All is shared out, each gets at least one, and none is further from its exact part than
// one where no part is below one.
func TestDivide(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		weights := rapid.SliceOfN(rapid.Uint64Range(1, 1e6), 1, 20).Draw(rt, "weights")
		n := rapid.IntRange(len(weights), 1000).Draw(rt, "n")
		total, least := uint64(0), true
		for _, w := range weights {
			total += w
		}
		for _, w := range weights {
			least = least && w*uint64(n) >= total
		}
		sum := 0
		for i, part := range divide(n, weights) {
			sum += part
			exact := float64(n) * float64(weights[i]) / float64(total)
			if off := float64(part) - exact; part < 1 || least && (off < -1 || off > 1) {
				rt.Fatalf("part %d of %d is %d, exactly %v", i, n, part, exact)
			}
		}
		if sum != n {
			rt.Fatalf("%d of %d are shared out", sum, n)
		}
	})
}

// A queue that never empties keeps its order and a memory in proportion to what waits.
func TestFifo(t *testing.T) {
	t.Parallel()
	var q fifo
	next := int64(0)
	for i := range int64(10_000) {
		q.push(turn{at: i})
		if i%3 != 0 && q.count() > 50 {
			for range 2 {
				if got := q.pop(); got.at != next {
					t.Fatalf("turn %d in place of %d", got.at, next)
				}
				next++
			}
		}
	}
	if cap(q.list) > 1000 {
		t.Errorf("room for %d turns where about 50 wait", cap(q.list))
	}
}
