package matrix

import (
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
)

// latencyColumn is a figure of latency of some cells, with their common scale.
type latencyColumn struct {
	name metric.Name
	of   []cells.Statistic
	in   scale
}

// latencyColumns returns a column for each of the figures.
func latencyColumns(list []*cells.Cell, of cells.Latency, names ...metric.Name) []latencyColumn {
	return each(names, func(n metric.Name) latencyColumn {
		column := statistics(list, of, n)
		return latencyColumn{n, column, latencyScale(column)}
	})
}

// head is the head of the column, with its unit.
func (c latencyColumn) head() string { return string(c.name) + ", " + c.in.unit }

// text prints the figure of the i-th cell.
func (c latencyColumn) text(i int) string { return c.in.statistic(c.of[i]) }

// statistics returns a figure of latency of each cell.
func statistics(list []*cells.Cell, of cells.Latency, n metric.Name) []cells.Statistic {
	return each(list, func(c *cells.Cell) cells.Statistic { return c.Statistic(of, n) })
}
