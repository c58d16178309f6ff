package record

import (
	"math"
	"slices"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

const (
	// steadyOver is the time over which a throughput is judged to be steady,
	// in nanoseconds (METHOD.md §1).
	steadyOver = int64(time.Second)
	// steadyStep is the time between two looks. Twenty a second make one
	// stalled step an outlier.
	steadyStep = 50 * time.Millisecond
)

// reading is how much had moved at an instant.
type reading struct {
	at    int64
	moved uint64
}

// trend sees the readings of one phase and tells the slope of its throughput
// over the last steadyOver. The zero trend has seen nothing.
type trend struct {
	readings []reading
}

// add takes the next reading and forgets what is too old.
func (t *trend) add(r reading) {
	old := 0
	for old+1 < len(t.readings) && r.at-t.readings[old+1].at >= steadyOver {
		old++
	}
	t.readings = append(t.readings[old:], r)
}

// halves is how far the halves of what was seen are apart, as a share of their
// mean.
func (t *trend) halves() float64 {
	first, last := t.readings[0], t.readings[len(t.readings)-1]
	mid := t.readings[len(t.readings)/2]
	a := float64(mid.moved-first.moved) / float64(max(1, mid.at-first.at))
	b := float64(last.moved-mid.moved) / float64(max(1, last.at-mid.at))
	return math.Abs(a-b) / max((a+b)/2, math.SmallestNonzeroFloat64)
}

// slope is the change of throughput in a second as a share of the throughput.
// It is the median of the slopes between all pairs of steps (Theil 1950, Sen
// 1968), so that a stall of a step or two does not pass for a trend. It is
// false before steadyOver has been seen, and where nothing moves.
func (t *trend) slope() (perSecond float64, ok bool) {
	n := len(t.readings)
	if n < 3 || t.readings[n-1].at-t.readings[0].at < steadyOver-int64(steadyStep)/2 {
		return 0, false
	}
	rates, middles := make([]float64, n-1), make([]float64, n-1)
	for i := range rates {
		a, b := t.readings[i], t.readings[i+1]
		rates[i] = float64(b.moved-a.moved) / float64(max(1, b.at-a.at))
		middles[i] = float64(a.at-t.readings[0].at) + float64(b.at-a.at)/2
	}
	var slopes []float64
	for i := range rates {
		for j := range i {
			slopes = append(slopes, (rates[i]-rates[j])/(middles[i]-middles[j])*1e9)
		}
	}
	level := middle(slices.Clone(rates))
	if level <= 0 {
		return 0, false
	}
	return middle(slopes) / level, true
}

// middle is the median; it sorts the values.
func middle(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// UntilSteady watches a phase with SteadyWithin from its opening, a
// CLOCK_MONOTONIC instant, and calls end once when its throughput is steady.
// Throughput is taken by the bytes of live, which large transfers move evenly.
// The phase's engine calls settled when the phase is over: it ends the watch
// and tells how it went, nil for any other phase.
func UntilSteady(p *loaders.Phase, opens int64, live func() results.Interval, end func(at int64)) (settled func() *results.Steadiness) {
	if p.SteadyWithin <= 0 {
		return func() *results.Steadiness { return nil }
	}
	s := results.Steadiness{WithinPerSecond: p.SteadyWithin, LeastNS: int64(p.Duration), CapNS: int64(p.MaxDuration)}
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		timer := time.NewTimer(clock.Until(opens))
		defer timer.Stop()
		var seen trend
		for {
			select {
			case <-timer.C:
			case <-quit:
				return
			}
			now := live()
			seen.add(reading{now.AtNS, now.Bytes})
			if slope, ok := seen.slope(); ok {
				s.SlopePerSecond = &slope
				if now.AtNS >= opens+s.LeastNS && now.AtNS < opens+s.CapNS && math.Abs(slope) <= p.SteadyWithin && seen.halves() <= p.HalvesWithin {
					s.Reached = true
					end(now.AtNS)
					return
				}
			}
			timer.Reset(steadyStep)
		}
	}()
	return func() *results.Steadiness {
		close(quit)
		<-ended
		return &s
	}
}
