package record

import "github.com/joust-bench/joust/loaders"

// AnnounceAhead is the least time between the announcement of a measured
// window and its opening.
const AnnounceAhead = int64(55e6)

// Plan is a phase on the clock: load flows from Begin, the window is [T0, T1),
// and End is when the drain is given up. All are CLOCK_MONOTONIC nanoseconds.
type Plan struct {
	Begin, T0, T1, End int64
}

// PlanPhase puts a phase on the clock, not before the instant earliest.
// lastRPS is the throughput of the last closed loop, for windows that stretch
// to a number of completions; 0 when there is none.
func PlanPhase(p *loaders.Phase, earliest, now int64, drain int64, lastRPS float64) Plan {
	begin := max(earliest, now, p.StartNS)
	t0 := begin + int64(p.Lead)
	if p.Measured && t0 < now+AnnounceAhead {
		t0 = now + AnnounceAhead
		begin = t0 - int64(p.Lead)
	}
	t1 := t0 + stretched(p, lastRPS)
	return Plan{Begin: begin, T0: t0, T1: t1, End: t1 + drain}
}

// stretched is the window's length in nanoseconds: what was asked, or the time
// of the least number of completions, whichever is longer, at most the phase's
// bound (METHOD.md §1, large transfers). A warm-up that ends when it is steady
// gets its bound.
func stretched(p *loaders.Phase, lastRPS float64) int64 {
	asked := int64(p.Duration)
	if p.SteadyWithin > 0 {
		return int64(p.MaxDuration)
	}
	if p.MinCompletions == 0 {
		return asked
	}
	if lastRPS <= 0 {
		return int64(p.MaxDuration)
	}
	needed := float64(p.MinCompletions) / lastRPS * 1e9
	if needed >= float64(p.MaxDuration) { // which an int64 may not hold
		return int64(p.MaxDuration)
	}
	return max(asked, int64(needed))
}
