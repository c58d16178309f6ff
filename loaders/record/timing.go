package record

import (
	"fmt"
	"math"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/arrival"
)

// AnnounceAhead is the least time between the announcement of a measured
// window and its opening.
const AnnounceAhead = int64(55e6)

// Timing is a phase on the clock: load flows from Begin, the window is [T0, T1),
// and the drain is given up at End. All are CLOCK_MONOTONIC nanoseconds.
type Timing struct {
	Begin, T0, T1, End int64
}

// TimePhase puts a phase on the clock, not before the instant earliest.
// lastRPS is the throughput of the last closed loop, for windows that stretch
// to a number of completions; 0 when there is none.
func TimePhase(p *loaders.Phase, earliest, now, drain int64, lastRPS float64) Timing {
	begin := max(earliest, now, p.StartNS)
	t0 := begin + int64(p.Lead)
	if p.Measured && t0 < now+AnnounceAhead {
		t0 = now + AnnounceAhead
		begin = t0 - int64(p.Lead)
	}
	t1 := t0 + windowNS(p, lastRPS)
	return Timing{Begin: begin, T0: t0, T1: t1, End: t1 + drain}
}

// windowNS is the window's length in nanoseconds: the phase's duration, or the
// time of its least number of completions, whichever is longer, at most its bound
// (METHOD.md §1, large transfers). A warm-up that ends when it is steady gets its
// bound.
func windowNS(p *loaders.Phase, lastRPS float64) int64 {
	if p.SteadyWithin == 0 && p.MinCompletions == 0 {
		return int64(p.Duration)
	}
	needed := float64(p.MinCompletions) / max(lastRPS, 0) * 1e9
	if p.SteadyWithin > 0 || needed >= float64(p.MaxDuration) { // which an int64 may not hold
		return int64(p.MaxDuration)
	}
	return max(int64(p.Duration), int64(needed))
}

// NewSchedule makes this loader's share of the schedule of an open-loop phase, at
// a rate in req/s.
func NewSchedule(p *loaders.Phase, at Timing, rateRPS float64) (arrival.Schedule, error) {
	s, err := whole(p, at, rateRPS)
	if err != nil || p.Share.Of < 2 {
		return s, err
	}
	return s.Share(p.Share.Index, p.Share.Of), nil
}

// whole makes the schedule of all loaders together.
func whole(p *loaders.Phase, at Timing, rateRPS float64) (arrival.Schedule, error) {
	switch p.Schedule {
	case loaders.Constant:
		return arrival.Constant(rateRPS)
	case loaders.Poisson:
		return arrival.Poisson(rateRPS)
	case loaders.Ramp:
		return arrival.Ramp(rateRPS, p.RampToRPS, time.Duration(at.T1-at.Begin))
	case loaders.Burst:
		every := float64(p.BurstSize) / rateRPS * 1e9
		if !(every < math.MaxInt64/2) {
			return nil, fmt.Errorf("bursts of %d requests at a mean of %v per second are centuries apart: ask for a higher rate", p.BurstSize, rateRPS)
		}
		return arrival.Burst(p.BurstSize, time.Duration(every))
	case loaders.Profiled:
		return arrival.Profile(p.Profile, rateRPS, time.Duration(at.T1-at.Begin))
	}
	return nil, fmt.Errorf("unknown schedule %q: use %q, %q, %q, %q or %q", p.Schedule, loaders.Constant, loaders.Poisson, loaders.Ramp, loaders.Burst, loaders.Profiled)
}
