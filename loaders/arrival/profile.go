package arrival

import (
	"fmt"
	"math"
	"time"

	"github.com/joust-bench/joust/loaders"
)

// Profile makes the schedule of a valid profile in a phase with the rate, in arrivals per
// second, and the length. It ends with the phase.
func Profile(p *loaders.Profile, rate float64, over time.Duration) (Schedule, error) {
	c, err := curveOf(p, rate, over)
	if err != nil {
		return nil, err
	}
	return byFormula(c.instant), nil
}

// MeanRate returns the mean rate of Profile's schedule, in arrivals per second.
func MeanRate(p *loaders.Profile, rate float64, over time.Duration) (float64, error) {
	c, err := curveOf(p, rate, over)
	if err != nil {
		return 0, err
	}
	return c.arrivals(c.over) / c.over * nsPerSecond, nil
}

// curveOf returns the profile's curve.
func curveOf(p *loaders.Profile, rate float64, over time.Duration) (*curve, error) {
	if err := checkRate("profile", rate); err != nil {
		return nil, err
	}
	if peak := p.PeakRPS(rate); peak > MaxRate {
		return nil, fmt.Errorf("profile with a peak of %v per second: at most %v is possible", peak, MaxRate)
	}
	if over <= 0 {
		return nil, fmt.Errorf("profile over %v: give a duration above 0", over)
	}
	c := newCurve(float64(over), piecesOf(p, rate/nsPerSecond, float64(over))...)
	if !(c.arrivals(c.over) > 0) {
		return nil, fmt.Errorf("profile %s has no arrivals in %v: its rate is 0 all the time", p, over)
	}
	return c, nil
}

// flat is a piece of one rate.
func flat(length, rate float64) piece { return piece{length: length, from: rate, to: rate} }

// piecesOf returns one period of the profile. The rate is per nanosecond, over is in
// nanoseconds.
func piecesOf(p *loaders.Profile, rate, over float64) []piece {
	switch p.Kind {
	case loaders.Sine:
		swing, period := (1-p.Min)/2*rate, over/p.Cycles
		middle := flat(period, p.Min*rate+swing)
		middle.swing, middle.turn = swing, 2*math.Pi/period
		return []piece{middle}
	case loaders.Sawtooth:
		return []piece{{length: over / p.Cycles, from: p.Min * rate, to: rate}}
	case loaders.Square:
		half := over / p.Cycles / 2
		return []piece{flat(half, rate), flat(half, p.Low*rate)}
	case loaders.SpikeKind:
		every := float64(p.Every)
		spike := min(float64(p.Spike), every)
		return []piece{flat(spike, p.Multiplier*rate), flat(every-spike, p.Baseline*rate)}
	case loaders.BusinessHours:
		return day(rate, over/24)
	case loaders.CSV:
		return lines(p, rate, over)
	}
	var steps []piece
	for _, level := range p.Levels {
		steps = append(steps, flat(over/float64(len(p.Levels)), level/nsPerSecond))
	}
	return steps
}

// day returns the pieces of 24 hours of that many nanoseconds.
func day(rate, hour float64) []piece {
	const night, dip = 0.05, 0.15
	noon := flat(8*hour, rate)
	noon.swing, noon.turn = -dip*rate, math.Pi/(8*hour)
	return []piece{
		flat(6*hour, night*rate),
		{length: 3 * hour, from: night * rate, to: rate},
		noon,
		{length: 4 * hour, from: rate, to: night * rate},
		flat(3*hour, night*rate),
	}
}

// lines returns the pieces between the points of a profile, and those before and behind
// them.
func lines(p *loaders.Profile, rate, over float64) []piece {
	value := func(at loaders.ProfilePoint) float64 {
		if p.Shares {
			return at.Value * rate
		}
		return at.Value / nsPerSecond
	}
	last := loaders.ProfilePoint{Value: p.Points[0].Value}
	var pieces []piece
	for _, at := range p.Points {
		pieces = append(pieces, piece{length: float64(at.At - last.At), from: value(last), to: value(at)})
		last = at
	}
	return append(pieces, flat(over-float64(last.At), value(last)))
}
