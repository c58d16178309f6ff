package record

import (
	"math/rand/v2"
	"testing"

	"github.com/joust-bench/joust/results"
)

// Answers and connections of two threads, or of two loaders, add up to those of both.
func TestBreakdownsAddUp(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	ns := func() int64 { return 1 + random.Int64N(1e9) }
	for range 4 {
		var all, first, second Breakdown
		for range random.IntN(20) {
			m := &Making{Lookup: NoStep, Connect: ns(), Handshake: NoStep}
			if random.IntN(2) == 0 {
				m.Lookup = ns()
			}
			if random.IntN(2) == 0 {
				m.Handshake = ns()
			}
			one := []*Breakdown{&first, &second}[random.IntN(2)]
			p := Parts{Sent: ns()}
			p.Written = p.Sent + ns()
			p.FirstByte = p.Written + ns()
			p.End = p.FirstByte + ns()
			fresh := random.IntN(2) == 0
			for _, b := range []*Breakdown{&all, one} {
				if fresh {
					b.Made(m)
					b.Answered(p, m)
				} else {
					b.Answered(p, nil)
				}
			}
		}
		want := exported(t, &all)
		parts, err := MergeBreakdowns([]*results.Phase{{Breakdown: exported(t, &first)}, {Breakdown: exported(t, &second)}})
		if err != nil {
			t.Fatal(err)
		}
		first.merge(&second)
		for _, got := range []*results.Breakdown{exported(t, &first), parts} {
			if got.NewConnections != want.NewConnections || got.ReusedConnections != want.ReusedConnections {
				t.Fatalf("%d new and %d reused, want %d and %d", got.NewConnections, got.ReusedConnections, want.NewConnections, want.ReusedConnections)
			}
			theirs := histogramsOfBreakdown(got)
			for i, h := range histogramsOfBreakdown(want) {
				if a, b := *h, *theirs[i]; (a == nil) != (b == nil) || a != nil && (a.Count != b.Count || a.MinNS != b.MinNS || a.MaxNS != b.MaxNS) {
					t.Fatalf("histogram %d: %+v, want %+v", i, b, a)
				}
			}
		}
		if none, err := MergeBreakdowns([]*results.Phase{{Breakdown: want}, {}}); none != nil || err != nil {
			t.Fatalf("a breakdown of a load without one: %v, %v", none, err)
		}
	}
}

func exported(t *testing.T, b *Breakdown) *results.Breakdown {
	t.Helper()
	var p results.Phase
	if err := b.into(&p); err != nil {
		t.Fatal(err)
	}
	return p.Breakdown
}
