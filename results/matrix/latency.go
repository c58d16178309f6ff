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

// statistics returns a figure of latency of each cell.
func statistics(list []*cells.Cell, of cells.Latency, n metric.Name) []cells.Statistic {
	return each(list, func(c *cells.Cell) cells.Statistic { return c.Statistic(of, n) })
}

// byLatency returns a table of one line a cell with a value: its server and its
// figures.
func (v *view) byLatency(list []*cells.Cell, columns []latencyColumn) *table.Table {
	return v.byServer(each(columns, latencyColumn.head), list, func(i int, _ *cells.Cell) []string {
		return each(columns, func(c latencyColumn) string { return v.statistic(c.in, c.of[i]) })
	})
}

// moments writes the figures of one rate that the tables of percentiles do not
// have.
func (v *view) moments(p *page, list []*cells.Cell) {
	names := []metric.Name{metric.Min, metric.Mean, metric.Stdev}
	columns := slices.Concat(
		ofKind("corrected", latencyColumns(list, cells.Corrected, names...)),
		ofKind("uncorrected", latencyColumns(list, cells.Service, names...)))
	p.section("### Minimum, mean and standard deviation at this rate", "", v.byLatency(list, columns))
}

// ofKind returns the columns with the kind of their latency.
func ofKind(kind string, columns []latencyColumn) []latencyColumn {
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
			p.section("### Service time, "+title(t.PlanTable), "", v.byLatency(t.cells, latencyColumns(t.cells, cells.Service, names...)))
		}
	})
}
