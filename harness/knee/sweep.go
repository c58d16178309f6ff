package knee

const (
	// SweepGrowth is the least factor by which throughput must exceed the best
	// of fewer clients to count as grown.
	SweepGrowth = 1.05
	// SweepPatience is how many doublings in a row may bring no growth before a
	// sweep ends: one may be noise.
	SweepPatience = 2
	// SweepTie is the share of the highest throughput from which a point with
	// fewer clients is as good.
	SweepTie = 0.98
)

// Grows tells whether a sweep that doubles its clients goes on after points of
// that throughput, in req/s; those that do not count have 0. They say nothing of
// growth, but as many in a row end the sweep as well.
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

// Best is the index of the point with the fewest clients whose throughput is as
// good as the highest; points come in the order of clients, those that do not
// count have 0. It is -1 when none counts.
func Best(rps []float64) int {
	top := 0.0
	for _, x := range rps {
		top = max(top, x)
	}
	for i, x := range rps {
		if x > 0 && x >= top*SweepTie {
			return i
		}
	}
	return -1
}
