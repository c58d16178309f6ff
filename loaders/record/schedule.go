package record

import (
	"fmt"
	"math"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/arrival"
)

// NewSchedule makes the arrival law of an open-loop phase that is on the
// clock, at a rate in req/s: this loader's share of it.
func NewSchedule(p *loaders.Phase, at Plan, rateRPS float64) (arrival.Schedule, error) {
	s, err := whole(p, at, rateRPS)
	if err != nil || p.Share.Of < 2 {
		return s, err
	}
	return arrival.Part(s, p.Share.Index, p.Share.Of), nil
}

// whole is the arrival law of all loaders together.
func whole(p *loaders.Phase, at Plan, rateRPS float64) (arrival.Schedule, error) {
	switch p.Schedule {
	case loaders.Ramp:
		return arrival.Ramp(rateRPS, p.RampToRPS, time.Duration(at.T1-at.Begin))
	case loaders.Burst:
		every := float64(p.BurstSize) / rateRPS * 1e9
		if !(every < math.MaxInt64/2) {
			return nil, fmt.Errorf("bursts of %d requests at a mean of %v per second are centuries apart: ask for a higher rate", p.BurstSize, rateRPS)
		}
		return arrival.Burst(p.BurstSize, time.Duration(every))
	}
	return arrival.For(arrival.Law(p.Schedule), rateRPS)
}
