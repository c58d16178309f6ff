package enginetest

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// sums are those of a phase's segments, or of the phase itself.
type sums struct {
	Offered, Completed, Failed, Bytes uint64
	Latency                           results.Histogram
}

// sumsOf adds the segments up.
func sumsOf(t testing.TB, segments []results.Segment) (all sums) {
	t.Helper()
	latencies := make([]*results.Histogram, len(segments))
	for i, s := range segments {
		if s.Offered != nil {
			all.Offered += *s.Offered
		}
		all.Completed += s.Completed
		all.Failed += s.Failed
		all.Bytes += s.Bytes
		latencies[i] = s.Latency
	}
	merged, err := record.MergeHistograms(latencies...)
	if err != nil {
		t.Fatal(err)
	}
	if merged != nil {
		all.Latency = *merged
	}
	return all
}

// wholeOf returns the same figures of the phase.
func wholeOf(p *results.Phase) sums {
	all := sums{Completed: p.Total.Completed, Failed: p.Total.Failed, Bytes: p.SentBytes + p.ReceivedBytes}
	if p.Rate != nil {
		all.Offered = p.Rate.Offered
	}
	headline := p.Total.Corrected
	if headline == nil {
		headline = p.Total.Service
	}
	if headline != nil {
		all.Latency = *headline
	}
	return all
}

// sameMean lets means differ by the rounding of their sums.
var sameMean = cmp.Comparer(func(a, b float64) bool { return a == b || math.Abs(a/b-1) < 1e-9 })

// CheckSegments holds the laws of segments: they divide the window, and their sums are
// the figures of the phase. every is their length, 0 for any.
func CheckSegments(t testing.TB, p *results.Phase, every time.Duration) {
	t.Helper()
	if len(p.Segments) == 0 {
		t.Fatal("no segments")
	}
	if diff := cmp.Diff(wholeOf(p), sumsOf(t, p.Segments), sameMean); diff != "" {
		t.Errorf("the phase and the sum of its segments differ (-phase +segments):\n%s", diff)
	}
	at := p.T0NS
	for i, s := range p.Segments {
		length, last := s.ToNS-s.FromNS, i == len(p.Segments)-1
		if s.FromNS != at || every > 0 && (length > int64(every) || !last && length != int64(every)) {
			t.Errorf("segment %d of %d is from %d to %d ns of the window", i+1, len(p.Segments), s.FromNS-p.T0NS, s.ToNS-p.T0NS)
		}
		if (s.Offered != nil) != (p.Loop == results.OpenLoop) {
			t.Errorf("segment %d of %d of a loop that is %s: offered %v", i+1, len(p.Segments), p.Loop, s.Offered)
		}
		if p.RequestsPerUser != nil && s.Users == nil {
			t.Errorf("segment %d of %d says nothing of its users", i+1, len(p.Segments))
		}
		at = s.ToNS
	}
	if at != p.T1NS {
		t.Errorf("the segments end %d ns before the window", p.T1NS-at)
	}
}

// CheckLive holds that each segment came once while the load ran, in order. Where the load
// was stopped, the last one may have come before all threads had ended their windows: the
// report has more of it then.
func CheckLive(t testing.TB, p *results.Phase, intervals []loaders.Interval, stopped bool) {
	t.Helper()
	var live []results.Segment
	for _, i := range intervals {
		if i.Segment != nil {
			live = append(live, *i.Segment)
		}
	}
	if len(live) != len(p.Segments) {
		t.Fatalf("%d segments came, the report has %d", len(live), len(p.Segments))
	}
	for i, s := range live {
		want := p.Segments[i]
		same := s.Completed == want.Completed && s.Bytes == want.Bytes
		if stopped && i == len(live)-1 {
			same = s.Completed <= want.Completed && s.Bytes <= want.Bytes
		}
		if s.FromNS != want.FromNS || !same {
			t.Errorf("segment %d of %d came as %+v, the report has %+v", i+1, len(live), s, want)
		}
	}
}
