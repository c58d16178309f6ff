package record

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results"
)

// Whatever happens in a phase, its segment counts what its groups count, and has the
// samples of the headline latency.
func TestSegmentRecordsTheHeadline(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := Span{Loop: rapid.SampledFrom([]results.Loop{results.ClosedLoop, results.OpenLoop}).Draw(rt, "loop"), T0: 1000, T1: 2000}
		w.Users = w.Loop == results.ClosedLoop && rapid.Bool().Draw(rt, "users")
		p, other := newLedger(2), newLedger(2)
		p.Reset(w)
		p.Segment = &Segment{}
		play(rt, []*Ledger{p}, other)
		r := reported(rt, p)
		want := results.Segment{Completed: r.Total.Completed, Failed: r.Total.Failed, Latency: r.Total.Service}
		if w.Intends() {
			want.Latency = r.Total.Corrected
		}
		got, err := p.Segment.Result(results.ClosedLoop, &Encoder{})
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Errorf("the phase and its segment differ (-phase +segment):\n%s", diff)
		}
	})
}

// Half the segments hold what all did, over the same time, in order.
func TestHalvedSegmentsLoseNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var all Segment
		var list []PackedSegment
		for i := range rapid.Int64Range(1, 9).Draw(rt, "segments") {
			s := Segment{SegmentCounts: SegmentCounts{From: i * 10, To: (i + 1) * 10, Bytes: 7, Offered: 3, Failed: 1}}
			for range rapid.IntRange(0, 5).Draw(rt, "completed") {
				s.Completed++
				s.Latency.Record(rapid.Int64Range(1, 1e9).Draw(rt, "latency"))
			}
			all.Merge(&s)
			list = append(list, s.Pack())
		}
		half := HalveSegments(list)
		if len(half) != (len(list)+1)/2 {
			rt.Errorf("%d segments became %d", len(list), len(half))
		}
		var joined Segment
		for i, s := range half {
			pair := list[2*i : min(len(list), 2*i+2)]
			if s.From != pair[0].From || s.To != pair[len(pair)-1].To {
				rt.Errorf("segment %d is from %d to %d", i, s.From, s.To)
			}
			joined.Unpack(s)
		}
		all.Latency.sum, joined.Latency.sum = 0, 0 // sums of floats in another order
		if diff := cmp.Diff(all.Pack(), joined.Pack(), cmp.AllowUnexported(Packed{}, totals{}, bar{})); diff != "" {
			rt.Errorf("all segments and half as many differ (-all +half):\n%s", diff)
		}
	})
}

// A list hands segments over in order, and empties.
func TestSegmentList(t *testing.T) {
	t.Parallel()
	var l SegmentList
	const n = 1000
	go func() {
		for i := range int64(n) {
			l.Push(&Segment{SegmentCounts: SegmentCounts{From: i}})
		}
	}()
	for next := int64(0); next < n; {
		for _, s := range l.Take() {
			if s.From != next {
				t.Fatalf("segment %d came where %d was next", s.From, next)
			}
			next++
		}
	}
	if rest := l.Take(); rest != nil {
		t.Errorf("%d segments are left", len(rest))
	}
}
