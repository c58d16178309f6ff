package judge

import (
	"slices"

	"github.com/joust-bench/joust/results"
)

// slowed flags a phase next to which one side's processors were slower than
// when the run began.
func (v *verdict) slowed() {
	if v.SpinStart == nil {
		return
	}
	for _, side := range []struct {
		name string
		ns   func(results.Spin) int64
	}{
		{"server's", func(s results.Spin) int64 { return s.ServerNS }},
		{"loader's", func(s results.Spin) int64 { return s.LoaderNS }},
	} {
		start, worst := side.ns(*v.SpinStart), int64(0)
		for _, s := range v.Spins {
			worst = max(worst, side.ns(s))
		}
		if by := slower(start, worst); by > v.Limits.SpinSlower {
			v.flag(results.FlagDisturbed)
			v.because("slower", "the %s CPUs were %s slower than when the run began > %s: a fixed spin next to the window took %v instead of %v",
				side.name, above(by, v.Limits.SpinSlower), percent(v.Limits.SpinSlower), duration(worst), duration(start))
		}
	}
}

// The codes of the reasons that other rules ask for: that the loader stood
// still, what the CPU shares of both sides say, and that the loader's own lag
// hides the median.
const (
	codeStalled = "stalled"
	codeShares  = "shares"
	codeLag     = "loader-lag"
)

// Disturbance is why a phase carries the flag of a disturbed one: the machine's
// doing, not the server's or the loader's.
func Disturbance(v results.Verdict) string {
	for _, r := range v.Reasons {
		if slices.Contains([]string{codeStalled, "foreign-work", "steal", "slower", "late-read", "pressure"}, r.Code) {
			return r.Text
		}
	}
	return ""
}

// slower is how much longer a spin took than at the start, as a share of that;
// 0 where one of them was not timed or it was faster.
func slower(startNS, nowNS int64) float64 {
	if startNS <= 0 {
		return 0
	}
	return max(0, float64(nowNS)/float64(startNS)-1)
}
