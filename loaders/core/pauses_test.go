package core

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Pauses come back in the order of their ends, whatever order they went in.
func TestPausesAreSorted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var h pauses
		var want []int64
		for _, push := range rapid.SliceOf(rapid.Int64Range(-1, 20)).Draw(rt, "ends") {
			if push >= 0 {
				h.push(pause{at: push})
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
