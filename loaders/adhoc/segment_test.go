package adhoc_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/adhoc"
)

// segmentOf returns the length of the segments of a load that takes the time.
func segmentOf(t rapid.TB, d *time.Duration, requests *uint64) time.Duration {
	t.Helper()
	u, err := adhoc.ParseURL("http://h/")
	if err != nil {
		t.Fatal(err)
	}
	f := plain()
	f.Duration, f.Requests, f.OverTime = d, requests, true
	spec, err := f.Spec(u, []string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	return spec.Segment
}

func TestSegment(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]time.Duration{
		150 * time.Millisecond: 100 * time.Millisecond, 2 * time.Second: 100 * time.Millisecond, 5 * time.Second: 200 * time.Millisecond,
		10 * time.Second: 500 * time.Millisecond, 20 * time.Second: time.Second, 10 * time.Minute: time.Second,
		11 * time.Minute: 2 * time.Second, time.Hour: 10 * time.Second, 24 * time.Hour: 5 * time.Minute, 8000 * time.Hour: 24 * time.Hour,
	} {
		if got := segmentOf(t, &d, nil); got != want {
			t.Errorf("segments of %v in %v, want %v", got, d, want)
		}
	}
	if got := segmentOf(t, nil, new(uint64(5))); got != time.Second {
		t.Errorf("segments of %v in a load of 5 requests", got)
	}
	if got := segmentOf(t, nil, nil); got != 500*time.Millisecond {
		t.Errorf("segments of %v in the default load", got)
	}
}

// A load has neither few segments nor very many, and they are multiples of the timeline's
// step.
func TestSegmentsAreNeitherFewNorVeryMany(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := time.Duration(rapid.Int64Range(int64(2*time.Second), int64(8760*time.Hour)).Draw(rt, "duration"))
		s := segmentOf(rt, &d, nil)
		if n := d / s; n < 20 || n > 600 || s%loaders.DefaultInterval != 0 {
			rt.Fatalf("%d segments of %v in %v", n, s, d)
		}
	})
}
