package lawserver

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/scenarios"
)

func TestLawsRefused(t *testing.T) {
	t.Parallel()
	for _, l := range []Law{
		{Delay: -1},
		{Delay: time.Hour},
		{CapacityRPS: math.NaN()},
		{CapacityRPS: -1},
		{Delay: 1, CapacityRPS: 1},
		{Stall: &Stall{}},
		{Stall: &Stall{Length: 2, Period: 2}},
		{Behaviour: "polite"},
		{Body: scenarios.Body{Length: maxBody + 1}},
		{Stamps: -1},
		{Behaviour: Swallow},
		{Behaviour: CloseAfter, Every: -1},
		{Behaviour: Twice, Every: 2},
	} {
		if l.Validate() == nil {
			t.Errorf("%+v was accepted", l)
		}
	}
	for _, b := range Behaviours() {
		l := Law{Behaviour: b}
		if b == Swallow || b == CloseAfter || b == Stream {
			l.Every = 1
		}
		if err := l.Validate(); err != nil {
			t.Errorf("%q: %v", b, err)
		}
	}
}

// In every whole number of periods, from any instant on, stops take their length,
// and until returns their ends.
func TestStallTakesItsShare(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		period := rapid.Int64Range(2, 400).Draw(rt, "period")
		length := rapid.Int64Range(1, period-1).Draw(rt, "length")
		s := &Stall{Length: time.Duration(length), Period: time.Duration(period), AnchorNS: rapid.Int64Range(-1e12, 1e12).Draw(rt, "anchor")}
		from := rapid.Int64Range(1, 1e12).Draw(rt, "from")
		stopped := int64(0)
		for at := from; at < from+3*period; at++ {
			end := s.until(at)
			if end == 0 {
				continue
			}
			stopped++
			if end <= at || end > at+length || s.until(end-1) != end || s.until(end) != 0 {
				rt.Fatalf("at %d the stop is said to end at %d", at, end)
			}
		}
		if stopped != 3*length {
			rt.Errorf("stopped for %d of 3 periods, want %d", stopped, 3*length)
		}
		if s.until(s.AnchorNS) != s.AnchorNS+length {
			rt.Error("no stop begins at the anchor")
		}
	})
	if (*Stall)(nil).until(1) != 0 {
		t.Error("no stall stops")
	}
}
