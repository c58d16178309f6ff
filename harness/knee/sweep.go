package knee

import "slices"

const (
	// SweepGrowth is the least factor by which throughput must exceed the best
	// of fewer clients to count as grown.
	SweepGrowth = 1.05
	// SweepPatience is the number of doublings in a row without growth that end a
	// sweep: one may be noise.
	SweepPatience = 2
	// SweepTie is the share of the highest throughput from which a point with
	// fewer clients is as good.
	SweepTie = 0.98
)

// Grows reports whether a sweep that doubles its clients goes on after points of
// that throughput, in req/s; a point that does not count has 0. SweepPatience
// points in a row without growth, or that do not count, end it.
func Grows(rps []float64) bool {
	best, idle, void := 0.0, 0, 0
	for _, x := range rps {
		switch {
		case x == 0:
			void++
			continue
		case x >= best*SweepGrowth:
			idle = 0
		default:
			idle++
		}
		best, void = max(best, x), 0
	}
	return idle < SweepPatience && void < SweepPatience
}

// Best returns the index of the point with the fewest clients whose throughput is
// as good as the highest, -1 when none counts. Points come in the order of clients;
// a point that does not count has 0.
func Best(rps []float64) int {
	if len(rps) == 0 {
		return -1
	}
	top := slices.Max(rps)
	return slices.IndexFunc(rps, func(x float64) bool { return x > 0 && x >= top*SweepTie })
}
