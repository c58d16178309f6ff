package cells

import (
	"slices"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// Caution orders the bottlenecks from the one that claims least.
func Caution() []results.Bottleneck {
	return []results.Bottleneck{
		results.LimitUnknown, results.LimitSharedCPU, results.LimitLoader,
		results.LimitConnections, results.LimitBalanced, results.LimitServer,
	}
}

// Limit is what limited the sample; what no table knows is unknown.
func (s *Sample) Limit() results.Bottleneck {
	if b := s.Seen.Verdict.Bottleneck; slices.Contains(Caution(), b) {
		return b
	}
	return results.LimitUnknown
}

// count is how many of the valid trials hold.
func (c *Cell) count(holds func(*Sample) bool) (n int) {
	for _, s := range c.Valid {
		if holds(s) {
			n++
		}
	}
	return n
}

// Limited is how many valid trials have the bottleneck.
func (c *Cell) Limited(b results.Bottleneck) int {
	return c.count(func(s *Sample) bool { return s.Limit() == b })
}

// Flagged is how many valid trials carry the flag.
func (c *Cell) Flagged(f results.Flag) int {
	return c.count(func(s *Sample) bool { return s.Seen.Verdict.Has(f) })
}

// Saturated reports whether the server could not keep the rate in half of the
// trials or more.
func (c *Cell) Saturated() bool {
	n := c.Flagged(results.FlagSaturated)
	return n > 0 && 2*n >= len(c.Valid)
}

// Bottleneck is that of more than half of the valid trials. Without such a
// majority the median stands for none of them: it is a lower bound where each
// trial had the server or the loader at its limit, and else nothing is known.
func (c *Cell) Bottleneck() results.Bottleneck {
	for _, b := range Caution() {
		if 2*c.Limited(b) > len(c.Valid) {
			return b
		}
	}
	full := c.Limited(results.LimitServer) + c.Limited(results.LimitBalanced) + c.Limited(results.LimitLoader)
	if full == len(c.Valid) && full > 0 {
		return results.LimitLoader
	}
	return results.LimitUnknown
}

// LimitedAlike reports whether all valid trials had the same bottleneck.
func (c *Cell) LimitedAlike() bool {
	return len(c.Valid) == 0 || c.Limited(c.Valid[0].Limit()) == len(c.Valid)
}

// HeldBack is what limited most of the trials that did not keep their rate, and
// how many it limited: 0 where all kept it.
func (c *Cell) HeldBack() (limit results.Bottleneck, most int) {
	for _, b := range Caution() {
		if n := c.count(func(s *Sample) bool { return s.Seen.Verdict.Bottleneck == b }); n > most {
			limit, most = b, n
		}
	}
	return limit, most
}

// AtLeast reports whether the cell's throughput is a lower bound: the loader was
// its limit. A loader that merely stood still disturbed the cell.
func (c *Cell) AtLeast() bool { return c.Bottleneck() == results.LimitLoader }

// Upper is the estimated bound above x, in x's unit, where the cell has one. A
// share of the server's CPUs gives no estimate where the loader was the limit
// and the server had much left, or nothing: a full server's share says nothing
// of what it could do beyond x.
func (c *Cell) Upper(x float64) (float64, bool) {
	u := c.Median(ServerShare)
	if u.Kind == stats.None || u.Value <= 0 ||
		c.Bottleneck() == results.LimitLoader && (u.Value < c.limits.EstimateFrom || u.Value >= c.limits.FullShare) {
		return 0, false
	}
	ratio := c.Median(func(s *Sample) (float64, bool) {
		rps, _ := Throughput(s)
		if s.Seen.Verdict.UpperRPS == nil || rps <= 0 {
			return 0, false
		}
		return *s.Seen.Verdict.UpperRPS / rps, true
	})
	if ratio.Kind != stats.None {
		return x * ratio.Value, true
	}
	return x / u.Value, true
}

// Uppers are the upper ends of the work of a cell whose two sides were full, one
// a trial; nil where one is not known.
func (c *Cell) Uppers() []float64 {
	var out []float64
	for _, s := range c.Valid {
		x, ok := c.Work(s)
		factor, bounded := s.upperFactor()
		if !ok || !bounded {
			return nil
		}
		out = append(out, x*factor)
	}
	return out
}
