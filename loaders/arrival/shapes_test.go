package arrival_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/loaders/arrival"
)

func TestShapedShardsMakeTheWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		from, to := rates().Draw(rt, "from"), rates().Draw(rt, "to")
		over := time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(rt, "over"))
		ramp, err := arrival.Ramp(from, to, over)
		checkUnion(rt, must(t, ramp, err), rapid.IntRange(1, 9).Draw(rt, "shards"))
		burst, err := arrival.Burst(rapid.IntRange(1, 50).Draw(rt, "size"), over)
		checkUnion(rt, must(t, burst, err), rapid.IntRange(1, 9).Draw(rt, "shards"))
	})
}

// Within a ramp the number of arrivals up to t is the integral of the rate.
func TestRampFollowsItsIntegral(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, to, seconds float64 }{
		{0, 1000, 10}, {1000, 0, 10}, {100, 5000, 3}, {5000, 100, 3}, {700, 700, 2}, {999.999, 1000, 5},
	} {
		ramp, err := arrival.Ramp(c.from, c.to, time.Duration(c.seconds*1e9))
		cursor := must(t, ramp, err).Cursor(0, 1, 0)
		inRamp := int((c.from + c.to) / 2 * c.seconds)
		for k, at := range take(t, cursor, inRamp) {
			s := float64(at) / 1e9
			// One nanosecond cut off is at most the greatest rate in 1e-9.
			got := c.from*s + (c.to-c.from)*s*s/(2*c.seconds)
			if math.Abs(got-float64(k)) > max(c.from, c.to)*2e-9+1e-6 {
				t.Fatalf("%+v: at arrival %d, %v s, the integral is %v", c, k, s, got)
			}
		}
	}
}

func TestRampHoldsItsLastRate(t *testing.T) {
	t.Parallel()
	ramp, err := arrival.Ramp(0, 100, time.Second)
	at := take(t, must(t, ramp, err).Cursor(0, 1, 0), 250)
	if at[50] != 1e9 { // 50 arrivals in the ramp
		t.Errorf("arrival 50 is at %d ns, want the ramp's end", at[50])
	}
	if gap := at[249] - at[248]; gap < 1e7-1 || gap > 1e7+1 {
		t.Errorf("behind the ramp gaps are %d ns, want 10 ms", gap)
	}
}

func TestRampToZeroEnds(t *testing.T) {
	t.Parallel()
	ramp, err := arrival.Ramp(100, 0, time.Second)
	cursor := must(t, ramp, err).Cursor(0, 1, 0)
	n := 0
	for at, ok := cursor.Next(); ok; at, ok = cursor.Next() {
		if at > 1e9 {
			t.Fatalf("arrival %d at %d ns, behind the ramp", n, at)
		}
		n++
	}
	if n != 51 { // 50 in the ramp and the one at 0
		t.Errorf("%d arrivals, want 51", n)
	}
	if _, ok := cursor.Next(); ok {
		t.Error("the ended schedule went on")
	}
}

func TestBurst(t *testing.T) {
	t.Parallel()
	burst, err := arrival.Burst(3, time.Second)
	s := must(t, burst, err)
	want := []int64{0, 0, 0, 1e9, 1e9, 1e9, 2e9}
	for i, at := range take(t, s.Cursor(0, 1, 0), len(want)) {
		if at != want[i] {
			t.Errorf("arrival %d at %d ns, want %d", i, at, want[i])
		}
	}
	far := s.Cursor(0, math.MaxInt, 0)
	take(t, far, 1)
	if at, ok := far.Next(); ok {
		t.Errorf("an arrival at %d ns, past every clock", at)
	}
}

func TestShapesRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to float64
		over     time.Duration
	}{{0, 0, time.Second}, {-1, 5, time.Second}, {5, math.NaN(), time.Second}, {1, 2, 0}, {1, math.Inf(1), time.Second}} {
		if _, err := arrival.Ramp(c.from, c.to, c.over); err == nil {
			t.Errorf("ramp %+v was accepted", c)
		}
	}
	if _, err := arrival.Burst(0, time.Second); err == nil {
		t.Error("a burst of none was accepted")
	}
	if _, err := arrival.Burst(1, 0); err == nil {
		t.Error("bursts without an interval were accepted")
	}
}
