package core

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Turns come back in the order of their instants.
func TestTurnsAreSorted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var h turns
		var want []int64
		for _, push := range rapid.SliceOf(rapid.Int64Range(-1, 20)).Draw(rt, "ends") {
			if push >= 0 {
				h.push(turn{at: push})
				want = append(want, push)
				slices.Sort(want)
				continue
			}
			if len(h) != len(want) {
				rt.Fatalf("%d in the heap, want %d", len(h), len(want))
			}
			if len(h) > 0 {
				if got := h.pop().at; got != want[0] {
					rt.Fatalf("got %d, want the earliest of %v", got, want)
				}
				want = want[1:]
			}
		}
		for _, at := range want {
			if got := h.pop().at; got != at {
				rt.Fatalf("got %d, want %d", got, at)
			}
		}
	})
}
