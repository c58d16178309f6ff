package core

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Turns come in the order of their instants, each of them once, however they came in.
func TestTurnsComeInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		times := rapid.SliceOfN(rapid.Int64Range(0, 50), 0, 100)
		var h turns
		var want []int64
		for i, at := range times.Draw(rt, "at first") {
			h, want = append(h, turn{at: at, id: int32(i)}), append(want, at)
		}
		h.order()
		for _, at := range times.Draw(rt, "later") {
			if rapid.Bool().Draw(rt, "pop") && len(h) > 0 {
				slices.Sort(want)
				if got := h.pop().at; got != want[0] {
					rt.Fatalf("got the turn at %d, want %d", got, want[0])
				}
				want = want[1:]
			}
			h.push(turn{at: at})
			want = append(want, at)
		}
		slices.Sort(want)
		for _, at := range want {
			if got := h.pop().at; got != at {
				rt.Fatalf("got the turn at %d, want %d", got, at)
			}
		}
		if len(h) != 0 {
			rt.Fatalf("%d turns are left", len(h))
		}
	})
}

// A turn of a user is a pop and a push, of as many turns as the thread has users.
func BenchmarkTurns(b *testing.B) {
	for _, users := range []struct {
		name string
		n    int
	}{{"1k", 1000}, {"10k", 10_000}, {"100k", 100_000}} {
		b.Run(users.name, func(b *testing.B) {
			rnd := rand.New(rand.NewPCG(1, 2))
			const think = int64(10e9)
			h := make(turns, users.n)
			for i := range h {
				h[i].at = rnd.Int64N(think)
			}
			h.order()
			b.ReportAllocs()
			for b.Loop() {
				t := h.pop()
				t.at += think/2 + rnd.Int64N(think)
				h.push(t)
			}
		})
	}
}
