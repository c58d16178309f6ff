package judge

import (
	"fmt"
	"math"

	"github.com/joust-bench/joust/results"
)

// MostPaced returns the highest rate in req/s that Pace lets pass.
func MostPaced(limits results.Thresholds, costNS float64, threads int) float64 {
	if costNS <= 0 {
		return math.Inf(1)
	}
	return limits.PaceLimit * float64(max(1, threads)) * 1e9 / costNS
}

// Pace says why the loader cannot pace a rate with a CPU cost per request in
// nanoseconds over that many threads; it is empty where the loader can. A cost of
// 0 is not known and lets every rate pass.
func Pace(limits results.Thresholds, rps, costNS float64, threads int) string {
	work := rps * costNS / (float64(max(1, threads)) * 1e9)
	if work <= limits.PaceLimit {
		return ""
	}
	return fmt.Sprintf("beyond the loader: %.0f req/s at %.2f µs of its CPU each would keep it working %s > %s",
		rps, costNS/1e3, percent(work), percent(limits.PaceLimit))
}
