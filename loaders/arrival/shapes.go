package arrival

import (
	"fmt"
	"math"
	"math/bits"
	"time"
)

// Ramp changes the rate linearly from one to another, both in arrivals per
// second, and holds the last from then on. Either rate may be 0, not both; a
// ramp to 0 ends. The first arrival is at 0.
func Ramp(from, to float64, over time.Duration) (Schedule, error) {
	if from == 0 && to == 0 {
		return nil, fmt.Errorf("ramp from 0 to 0 per second has no arrivals: give one rate above 0")
	}
	for _, end := range []struct {
		what string
		rate float64
	}{{"ramp from a rate", from}, {"ramp to a rate", to}} {
		if end.rate == 0 {
			continue
		}
		if err := checkRate(end.what, end.rate); err != nil {
			return nil, err
		}
	}
	if over <= 0 {
		return nil, fmt.Errorf("ramp over %v: give a duration above 0", over)
	}
	return byFormula(ramp{from: from / nsPerSecond, to: to / nsPerSecond, over: float64(over)}.instant), nil
}

// ramp has its rates per nanosecond and its length in nanoseconds.
type ramp struct{ from, to, over float64 }

// instant is the time at which the ramp's integral is k, cut to a nanosecond.
func (r ramp) instant(k uint64) (int64, bool) {
	if t := r.solve(float64(k)); t < maxInstant {
		return int64(t), true
	}
	return 0, false
}

// solve solves from·t + (to−from)·t²/(2·over) = k for t. Each k is solved
// by itself, so that errors do not add up; they stay below a nanosecond for
// weeks.
func (r ramp) solve(k float64) float64 {
	if k == 0 {
		return 0
	}
	inRamp := (r.from + r.to) / 2 * r.over
	if k > inRamp {
		return r.over + (k-inRamp)/r.to // +Inf for a ramp to 0
	}
	return r.within(k)
}

// within is solve for a k from 0 that the ramp reaches. The form 2k/(from + √…) loses no
// digits where the rates are close.
func (r ramp) within(k float64) float64 {
	slope := (r.to - r.from) / r.over
	root := math.Sqrt(max(r.from*r.from+2*slope*k, 0))
	return 2 * k / (r.from + root)
}

// Burst has size arrivals at once, at 0 and after each interval. Shards share
// every burst as evenly as its size allows.
func Burst(size int, every time.Duration) (Schedule, error) {
	switch {
	case size < 1:
		return nil, fmt.Errorf("burst of %d arrivals: give a size of at least 1", size)
	case every <= 0:
		return nil, fmt.Errorf("burst every %v: give an interval above 0", every)
	}
	return byFormula(func(k uint64) (int64, bool) {
		hi, t := bits.Mul64(k/uint64(size), uint64(every))
		if hi != 0 || t > maxInstant {
			return 0, false
		}
		return int64(t), true
	}), nil
}
