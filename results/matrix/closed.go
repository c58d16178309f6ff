package matrix

import (
	"fmt"
	"slices"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// Below leastShare and from fullShare on, x/U_S is no estimate of the server's
// peak where the loader was the limit: method.md §3, and because a full server's
// share says nothing of what it could do beyond x.
const (
	leastShare = 0.7
	fullShare  = 0.95
)

// caution orders the bottlenecks from the one that claims least.
func caution() []results.Bottleneck {
	return []results.Bottleneck{
		results.LimitUnknown, results.LimitSharedCPU, results.LimitLoader,
		results.LimitConnections, results.LimitBalanced, results.LimitServer,
	}
}

// bottleneck is that of more than half of the valid trials. Without such a
// majority the median stands for none of them: it is a lower bound where each
// trial had the server or the loader at its limit, and else nothing is known.
func (c *cell) bottleneck() results.Bottleneck {
	count, full := map[results.Bottleneck]int{}, 0
	for _, s := range c.valid {
		b := known(s.phase.Verdict.Bottleneck)
		if count[b]++; 2*count[b] > len(c.valid) {
			return b
		}
		if b == results.LimitServer || b == results.LimitBalanced || b == results.LimitLoader {
			full++
		}
	}
	if full == len(c.valid) && full > 0 {
		return results.LimitLoader
	}
	return results.LimitUnknown
}

// limitedAlike tells whether all valid trials had the same bottleneck.
func (c *cell) limitedAlike() bool {
	return !slices.ContainsFunc(c.valid, func(s sample) bool {
		return known(s.phase.Verdict.Bottleneck) != known(c.valid[0].phase.Verdict.Bottleneck)
	})
}

// known maps what no table knows to unknown.
func known(b results.Bottleneck) results.Bottleneck {
	for _, k := range caution() {
		if b == k {
			return b
		}
	}
	return results.LimitUnknown
}

// upper is the estimated bound above x, in x's unit, where the cell has one.
func (c *cell) upper(x float64) (float64, bool) {
	u := c.median(serverShare)
	if u.Kind == stats.None || u.Value <= 0 || (c.bottleneck() == results.LimitLoader && (u.Value < leastShare || u.Value >= fullShare)) {
		return 0, false
	}
	ratio := c.median(func(s sample) (float64, bool) {
		rps := s.throughput()
		if s.phase.Verdict.UpperRPS == nil || rps <= 0 {
			return 0, false
		}
		return *s.phase.Verdict.UpperRPS / rps, true
	})
	if ratio.Kind != stats.None {
		return x * ratio.Value, true
	}
	return x / u.Value, true
}

// verdict is the value as its verdict lets it be shown (method.md §3).
func (c *cell) verdict(e stats.Estimate, in scale, clients int) string {
	x := in.text(e.Value)
	bound, bounded := c.upper(e.Value)
	switch c.bottleneck() {
	case results.LimitServer:
		return x
	case results.LimitBalanced:
		if bounded {
			return x + " … " + in.text(bound)
		}
		return x + " …"
	case results.LimitLoader:
		if bounded {
			return fmt.Sprintf("≥ %s (≈ %s)", x, in.text(bound))
		}
		return "≥ " + x
	case results.LimitConnections:
		return fmt.Sprintf("%s at %s clients", x, c.clients(clients))
	case results.LimitSharedCPU:
		return x + " †"
	}
	return x + " ?"
}

// closedCells are the closed-loop cells of a table, one a column.
func (v *view) closedCells(t results.PlanTable) []cell {
	cells := make([]cell, len(v.columns))
	for i, s := range v.columns {
		cells[i] = v.cell(t, s, results.PhaseClosed, closedPhase)
	}
	return cells
}

// peak is what the table is about: requests or bytes of bodies a second.
func (v *view) peak(t results.PlanTable) func(sample) (float64, bool) {
	if !v.bandwidth(t) {
		return func(s sample) (float64, bool) { return s.throughput(), true }
	}
	sent := v.scenario(t).BodyBytes > 0
	return func(s sample) (float64, bool) { return s.bodyRate(sent), true }
}

// peakScale is the common scale of the cells' peaks.
func (v *view) peakScale(t results.PlanTable, cells []cell) scale {
	var values []float64
	for i := range cells {
		if len(cells[i].valid) > 0 {
			values = append(values, cells[i].median(v.peak(t)).Value)
		}
	}
	if v.bandwidth(t) {
		return bandwidths(values...)
	}
	return rates(values...)
}

// peakRow is one row of the throughput table: its cells, then the noise band and
// the smallest detectable difference.
func (v *view) peakRow(t results.PlanTable) []string {
	cells := v.closedCells(t)
	in, contest := v.peakScale(t, cells), v.peakContest(t, cells)
	row := []string{t.Scenario + ", " + in.unit}
	for i := range cells {
		c := &cells[i]
		if c.absent != "" {
			row = append(row, c.absent.String())
			continue
		}
		e := c.median(v.peak(t))
		row = append(row, c.verdict(e, in, t.Clients)+in.spread(e)+contest.mark(i)+c.remarks())
	}
	return append(row, contest.band(), contest.detectable())
}

// peaks is the throughput table of some tables of the plan.
func (v *view) peaks(tables []results.PlanTable) *table {
	out := &table{head: append(append([]string{"scenario"}, v.names()...), "noise band", "detectable"), left: 1}
	for _, t := range tables {
		out.add(v.peakRow(t)...)
	}
	return out
}

// names are the column heads.
func (v *view) names() []string {
	var out []string
	for _, s := range v.columns {
		out = append(out, s.Name)
	}
	return out
}
