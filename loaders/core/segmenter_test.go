package core

import (
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// handing is a thread whose window begins at 0 and has segments of 10 ns.
func handing(on *phase) *shard {
	s := &shard{load: &load{spec: &loaders.Spec{}}, segments: newSegments(&loaders.Spec{Segment: 10})}
	s.phase = on
	s.out.Segment = s.segments.blank(0)
	return s
}

// end ends segments until the instant, with one request completed in each.
func (s *shard) endUntil(at int64) {
	for s.out.Segment.From < at {
		s.out.Segment.Completed++
		s.out.Segment.Latency.Record(5)
		s.endSegment(min(s.out.Segment.To, at))
	}
}

// However long a load is, its report has at most 600 segments, of one length but for the
// last; live ones keep their length.
func TestSegmentsOfALongLoadAreBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ n, stored, length int64 }{
		{1, 1, 10}, {600, 600, 10}, {601, 301, 20}, {1200, 600, 20}, {1201, 301, 40}, {2003, 501, 40},
	} {
		on := &phase{Phase: loaders.Phase{Loop: results.ClosedLoop, Measured: true}}
		s := session{load: &load{spec: &loaders.Spec{Segment: 10 * time.Nanosecond}}, team: &team{shards: []*shard{handing(on), handing(on)}}}
		g := s.newSegmenter(on)
		live := 0
		next := func() {
			for r := g.next(); r != nil; r = g.next() {
				if live++; r.ToNS-r.FromNS != 10 || r.Completed != 2 {
					t.Fatalf("live segment %d of %d is %+v", live, c.n, r)
				}
			}
		}
		for i := range c.n {
			for _, thread := range s.shards {
				thread.endUntil(10 * (i + 1))
			}
			next()
		}
		for _, thread := range s.shards {
			thread.segments.ended.Store(on)
		}
		p := results.Phase{Loop: results.ClosedLoop, T1NS: 10 * c.n}
		if err := g.into(&p); err != nil {
			t.Fatal(err)
		}
		next()
		if live != int(c.n) || len(p.Segments) != int(c.stored) || len(p.Segments) > record.MostSegments {
			t.Errorf("%d segments: %d came live and %d are in the report, want %d", c.n, live, len(p.Segments), c.stored)
		}
		completed := uint64(0)
		for i, r := range p.Segments {
			completed += r.Completed
			if length := r.ToNS - r.FromNS; length != c.length && i < len(p.Segments)-1 || r.Latency.Count != r.Completed {
				t.Errorf("%d segments: number %d of the report is %+v", c.n, i+1, r)
			}
		}
		if completed != uint64(2*c.n) {
			t.Errorf("%d segments hold %d completed requests, want %d", c.n, completed, 2*c.n)
		}
	}
}

// Threads that see an early end at different times make no segment without length.
func TestSegmentsOfThreadsThatStopApart(t *testing.T) {
	t.Parallel()
	on := &phase{Phase: loaders.Phase{Loop: results.ClosedLoop, Measured: true}}
	s := session{load: &load{spec: &loaders.Spec{Segment: 10 * time.Nanosecond}}, team: &team{shards: []*shard{handing(on), handing(on)}}}
	g := s.newSegmenter(on)
	first, second := s.shards[0], s.shards[1]
	first.endUntil(20)
	first.endSegment(20) // it saw the stop behind its segment's end
	second.endUntil(19)
	for _, thread := range s.shards {
		thread.segments.ended.Store(on)
	}
	p := results.Phase{Loop: results.ClosedLoop, T1NS: 19}
	if err := g.into(&p); err != nil {
		t.Fatal(err)
	}
	if len(p.Segments) != 2 || p.Segments[1].FromNS != 10 || p.Segments[1].ToNS != 19 || p.Segments[1].Completed != 2 {
		t.Errorf("the segments are %+v", p.Segments)
	}
}
