package matrix

import (
	"fmt"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

// verdict is the value as its verdict lets it be shown (METHOD.md §3).
func verdict(c *cells.Cell, e stats.Estimate, in scale, clients int) string {
	x := in.text(e.Value)
	bound, bounded := c.Upper(e.Value)
	switch c.Bottleneck() {
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
		return fmt.Sprintf("%s at %s clients", x, clientsUsed(c, clients))
	case results.LimitSharedCPU:
		return x + " †"
	}
	return x + " ?"
}

// absent is what stands in the place of a value.
func absent(a cells.Absence) string { return "— " + string(a) }

// remarks is what follows a value: trials that are void or not there yet.
func remarks(c *cells.Cell) string {
	if n := len(c.Voids); n > 0 {
		return fmt.Sprintf("; %d of %d void", n, n+len(c.Valid))
	}
	if len(c.Valid) != c.Planned {
		return fmt.Sprintf("; n = %d", len(c.Valid))
	}
	return ""
}

// closedCells are the closed-loop cells of a table, one a column.
func (v *view) closedCells(t results.PlanTable) []cells.Cell {
	out := make([]cells.Cell, len(v.columns))
	for i, s := range v.columns {
		out[i] = v.Closed(t, s)
	}
	return out
}

// peakScale is the common scale of the cells' peaks.
func (v *view) peakScale(t results.PlanTable, row []cells.Cell) scale {
	var values []float64
	for i := range row {
		if c := &row[i]; len(c.Valid) > 0 {
			values = append(values, c.Median(c.Work).Value)
		}
	}
	if v.Bandwidth(t) {
		return bandwidths(values...)
	}
	return rates(values...)
}

// peakRow is one row of the throughput table: its cells, then the noise band and
// the smallest detectable difference.
func (v *view) peakRow(t results.PlanTable) []string {
	peaks := v.closedCells(t)
	in, contest := v.peakScale(t, peaks), v.peakContest(t, peaks)
	row := []string{t.Scenario + ", " + in.unit}
	for i := range peaks {
		c := &peaks[i]
		if c.Absent != "" {
			row = append(row, absent(c.Absent))
			continue
		}
		e := c.Median(c.Work)
		row = append(row, verdict(c, e, in, t.Clients)+in.spread(e)+contest.mark(i)+remarks(c))
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
