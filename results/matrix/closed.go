package matrix

import (
	"fmt"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

// verdict returns the value as the cell's verdict lets it be shown (METHOD.md §3).
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

// remarks follows a value: how many trials are void or missing.
func remarks(c *cells.Cell) string {
	if n := len(c.Voids); n > 0 {
		return "; " + voidShare(c)
	}
	if len(c.Valid) != c.Planned {
		return fmt.Sprintf("; n = %d", len(c.Valid))
	}
	return ""
}

func voidShare(c *cells.Cell) string {
	return fmt.Sprintf("%d of %d void", len(c.Voids), len(c.Voids)+len(c.Valid))
}

// peakScale returns the common scale of the cells' peaks.
func (v *view) peakScale(t results.PlanTable, row []*cells.Cell) scale {
	var values []float64
	for _, c := range row {
		if len(c.Valid) > 0 {
			values = append(values, c.Median(c.Work).Value)
		}
	}
	if v.Bandwidth(t) {
		return bandwidths(values...)
	}
	return rates(values...)
}

// peakRow returns one row of the throughput table: the peaks, then the noise
// band and the smallest detectable difference.
func peakRow(t closedTable) []string {
	row := []string{t.Scenario + ", " + t.in.unit}
	return append(append(row, t.peakTexts()...), t.peaks.band(), t.peaks.detectable())
}

// peakTexts returns the peak of each server with its marks.
func (t *closedTable) peakTexts() []string {
	return texts(t.cells, func(i int, c *cells.Cell) string {
		e := c.Median(c.Work)
		return verdict(c, e, t.in, t.Clients) + t.in.spread(e) + t.peaks.mark(i) + remarks(c)
	})
}
