package cells

import (
	"slices"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// Caution returns all bottlenecks, from the one that claims least.
func Caution() []results.Bottleneck {
	return []results.Bottleneck{
		results.LimitUnknown, results.LimitSharedCPU, results.LimitLoader,
		results.LimitConnections, results.LimitBalanced, results.LimitServer,
	}
}

// Limit returns the observation's bottleneck; one that no table knows is unknown.
func (s *Observation) Limit() results.Bottleneck {
	if b := s.Phase.Verdict.Bottleneck; slices.Contains(Caution(), b) {
		return b
	}
	return results.LimitUnknown
}

// count returns the number of valid trials for which is reports true.
func (c *Cell) count(is func(*Observation) bool) (n int) {
	for _, s := range c.Valid {
		if is(s) {
			n++
		}
	}
	return n
}

// Limited returns the number of valid trials with the bottleneck.
func (c *Cell) Limited(b results.Bottleneck) int {
	return c.count(func(s *Observation) bool { return s.Limit() == b })
}

// Flagged returns the number of valid trials with the flag.
func (c *Cell) Flagged(f results.Flag) int {
	return c.count(func(s *Observation) bool { return s.Phase.Verdict.Has(f) })
}

// Saturated reports whether the server could not keep the rate in half of the
// trials or more.
func (c *Cell) Saturated() bool {
	n := c.Flagged(results.FlagSaturated)
	return n > 0 && 2*n >= len(c.Valid)
}

// Bottleneck returns the bottleneck of more than half of the valid trials.
// Without a majority the median stands for no trial: it is a lower bound if each
// trial had the server or the loader at its limit, and otherwise unknown.
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

// HeldBack returns the most frequent bottleneck of the trials below their rate,
// and its number of trials: 0 where all reached their rate.
func (c *Cell) HeldBack() (limit results.Bottleneck, most int) {
	for _, b := range Caution() {
		if n := c.count(func(s *Observation) bool { return s.Phase.Verdict.Bottleneck == b }); n > most {
			limit, most = b, n
		}
	}
	return limit, most
}

// AtLeast reports whether the cell's throughput is a lower bound, since the
// loader was its limit.
func (c *Cell) AtLeast() bool { return c.Bottleneck() == results.LimitLoader }

// Upper returns the estimated bound above x, in x's unit, where the cell has one.
// Where the loader was the limit, a server that was far from full, or full, gives
// no estimate: the share of a full server says nothing of rates beyond x.
func (c *Cell) Upper(x float64) (float64, bool) {
	u := c.Median(ServerShare)
	if u.Kind == stats.None || u.Value <= 0 ||
		c.Bottleneck() == results.LimitLoader && (u.Value < c.limits.EstimateFrom || u.Value >= c.limits.FullShare) {
		return 0, false
	}
	ratio := c.Median(func(s *Observation) (float64, bool) {
		rps, _ := Throughput(s)
		upper, ok := number(s.Phase.Verdict.UpperRPS)
		return upper / rps, ok && rps > 0
	})
	if ratio.Kind != stats.None {
		return x * ratio.Value, true
	}
	return x / u.Value, true
}

// Uppers returns the upper ends of the work of a cell whose two sides were full,
// one a trial; nil where one is not known.
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
