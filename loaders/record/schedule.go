package record

import (
	"fmt"
	"math"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/arrival"
)

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
	}
	return nil, fmt.Errorf("unknown schedule %q: use %q, %q, %q or %q", p.Schedule, loaders.Constant, loaders.Poisson, loaders.Ramp, loaders.Burst)
}
