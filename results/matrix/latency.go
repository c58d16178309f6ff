package matrix

import (
	"slices"

	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/table"
)

// latencyColumn is a figure of latency of some cells, with their common scale.
type latencyColumn struct {
	name metric.Name
	// kind is the kind of latency before the name in the head, or empty.
	kind string
	of   []cells.Statistic
	in   scale
}

// latencyColumns returns a column for each of the figures.
func latencyColumns(list []*cells.Cell, of cells.Latency, names ...metric.Name) []latencyColumn {
	return each(names, func(n metric.Name) latencyColumn {
		column := statistics(list, of, n)
		return latencyColumn{name: n, of: column, in: latencyScale(column)}
	})
}

// head is the head of the column, with its unit.
func (c latencyColumn) head() string { return c.kind + string(c.name) + ", " + c.in.unit }

// text prints the figure of the i-th cell.
func (c latencyColumn) text(i int) string { return c.in.statistic(c.of[i]) }

// statistics returns a figure of latency of each cell.
func statistics(list []*cells.Cell, of cells.Latency, n metric.Name) []cells.Statistic {
	return each(list, func(c *cells.Cell) cells.Statistic { return c.Statistic(of, n) })
}

// withValues returns the cells that have a value.
func withValues(list []*cells.Cell) []*cells.Cell {
	return slices.DeleteFunc(slices.Clone(list), func(c *cells.Cell) bool { return c.Absent != "" })
}

// byLatency returns a table of one line a cell with a value: its server and its
// figures.
func byLatency(list []*cells.Cell, columns []latencyColumn) *table.Table {
	return byServer(each(columns, latencyColumn.head), list, func(i int, _ *cells.Cell) []string {
		return each(columns, func(c latencyColumn) string { return c.text(i) })
	})
}

// momentFold writes the figures of one rate that the tables of percentiles do not
// have.
func momentFold(p *page, list []*cells.Cell) {
	list = withValues(list)
	names := []metric.Name{metric.Min, metric.Mean, metric.Stdev}
	columns := slices.Concat(
		inWords("corrected", latencyColumns(list, cells.Corrected, names...)),
		inWords("uncorrected", latencyColumns(list, cells.Service, names...)))
	if len(list) > 0 {
		p.fold("Minimum, mean and standard deviation at this rate", func(p *page) {
			p.line("")
			p.WriteString(byLatency(list, columns).Markdown())
		})
	}
}

// inWords returns the columns with the kind of their latency.
func inWords(kind string, columns []latencyColumn) []latencyColumn {
	for i := range columns {
		columns[i].kind = kind + " "
	}
	return columns
}

// serviceFold writes all figures of the service time of closed loops.
func (v *view) serviceFold(p *page, tables []closedTable) {
	names := append(v.Percentiles(), metric.Min, metric.Max, metric.Mean, metric.Stdev)
	p.fold("Service time: all percentiles, minimum, maximum, mean and standard deviation", func(p *page) {
		for _, t := range tables {
			list := withValues(t.cells)
			p.section("### Service time, "+title(t.PlanTable), "", byLatency(list, latencyColumns(list, cells.Service, names...)))
		}
	})
}
