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
	// steadyOver is the time over which a throughput is judged, in nanoseconds
	// (METHOD.md §1).
	steadyOver = int64(time.Second)
	// steadyStep is the time between two progresses. With twenty a second one
	// stalled step is an outlier.
	steadyStep = 50 * time.Millisecond
)

// progress is the number of bytes moved until an instant.
type progress struct {
	at    int64
	moved uint64
}

// rate returns the throughput since an earlier progress.
func (p progress) rate(since progress) float64 {
	return float64(p.moved-since.moved) / float64(max(1, p.at-since.at))
}

// trend holds the progress of one phase over the last steadyOver.
type trend []progress

// add appends the next progress and forgets those that are too old.
func (t *trend) add(p progress) {
	old := 0
	for old+1 < len(*t) && p.at-(*t)[old+1].at >= steadyOver {
		old++
	}
	*t = append((*t)[old:], p)
}

// halves returns the difference between the throughputs of both halves, as a share
// of their mean.
func (t trend) halves() float64 {
	middle := t[len(t)/2]
	a, b := middle.rate(t[0]), t[len(t)-1].rate(middle)
	return math.Abs(a-b) / max((a+b)/2, math.SmallestNonzeroFloat64)
}

// slope returns the change of throughput in a second as a share of the throughput.
// It is the median of the slopes between all pairs of steps (Theil 1950, Sen
// 1968): a stall of a step or two must not pass for a trend. ok is false before
// steadyOver has passed, and where nothing moves.
func (t trend) slope() (perSecond float64, ok bool) {
	n := len(t)
	if n < 3 || t[n-1].at-t[0].at < steadyOver-int64(steadyStep)/2 {
		return 0, false
	}
	rates, middles := make([]float64, n-1), make([]float64, n-1)
	for i := range rates {
		rates[i] = t[i+1].rate(t[i])
		middles[i] = float64(t[i].at+t[i+1].at-2*t[0].at) / 2
	}
	var slopes []float64
	for i := range rates {
		for j := range i {
			slopes = append(slopes, (rates[i]-rates[j])/(middles[i]-middles[j])*1e9)
		}
	}
	level := median(rates)
	if level <= 0 {
		return 0, false
	}
	return median(slopes) / level, true
}

// median sorts the values and returns their median.
func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// UntilSteady watches a phase with SteadyWithin from its opening, a
// CLOCK_MONOTONIC instant, and calls end once when its throughput is steady.
// Throughput is that of live's bytes, which large transfers move evenly. Call
// settled at the end of the phase: it ends the watch and returns its outcome, nil
// for any other phase.
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
			seen.add(progress{now.AtNS, now.Bytes})
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
