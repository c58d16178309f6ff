package judge

import (
	"fmt"
	"math"

	"github.com/joust-bench/joust/results"
)

// Rate is one decision before an open-loop phase: the rate in req/s, or why
// the phase is skipped.
type Rate struct {
	RPS float64
	// SkipCode and Skip are set when the phase is not run.
	SkipCode, Skip string
}

// MostPaced is the highest rate in req/s that Pace lets pass.
func MostPaced(limits results.Thresholds, costNS float64, threads int) float64 {
	if costNS <= 0 {
		return math.Inf(1)
	}
	return limits.PaceLimit * float64(max(1, threads)) * 1e9 / costNS
}

// Pace decides whether the loader can pace a rate, from its own CPU cost per
// request in nanoseconds over that many threads; a cost of 0 is not known and
// lets every rate pass.
func Pace(limits results.Thresholds, rps, costNS float64, threads int) Rate {
	work := rps * costNS / (float64(max(1, threads)) * 1e9)
	if work <= limits.PaceLimit {
		return Rate{RPS: rps}
	}
	return Rate{
		SkipCode: results.CodeBeyondLoader,
		Skip: fmt.Sprintf("beyond the loader: %.0f req/s at %.2f µs of its CPU each would keep it working %s > %s",
			rps, costNS/1e3, percent(work), percent(limits.PaceLimit)),
	}
}
