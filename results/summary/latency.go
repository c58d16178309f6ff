package summary

import (
	"strings"
	"text/tabwriter"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/table"
)

// column is one distribution of the latency table.
type column struct {
	name string
	*cells.Distribution
	scale table.Scale
}

// latencies prints the table of percentiles.
func (t *summary) latencies() error {
	p, read := t.phase, cells.Read(results.DefaultThresholds(), t.phase)
	columns := []column{{name: "service", Distribution: read[cells.Service]}}
	t.line("")
	if p.Loop == results.OpenLoop || t.report.Users > 0 {
		from := "the intended send, service from the actual one"
		if p.Loop == results.ClosedLoop {
			from = "the end of a user's think time, service from the send"
		}
		t.line("  latency: corrected counts from %s, to the last byte", from)
		columns = []column{
			{name: "corrected", Distribution: read[cells.Corrected]}, columns[0],
			{name: "send lag, idle", Distribution: read[cells.SendLag]}, {name: "send lag, blocked", Distribution: cells.Plain(p.SendLagBlocked)},
		}
	} else {
		from := "the send"
		if t.report.LatencyFrom == "connect" {
			from = "before the connect (from the send on a connection that was there)"
		}
		t.line("  latency: service time, from %s to the last byte; a closed loop does not show queueing, an open one (-R) does", from)
	}
	return t.table(append(columns, column{name: "receive lag", Distribution: cells.Plain(p.ReceiveLag)}, column{name: "failed", Distribution: cells.Plain(p.Total.FailedTime)}))
}

// table prints the columns that have samples.
func (t *summary) table(columns []column) error {
	var shown []column
	for _, c := range columns {
		switch {
		case c.Distribution == nil:
		case c.Damaged != nil:
			return c.Damaged
		case c.Count > 0:
			c.scale = table.ScaleOf(table.Durations(), c.At(metric.P50).NS)
			shown = append(shown, c)
		}
	}
	if len(shown) == 0 {
		t.line("  no answer to take it from")
		return nil
	}
	w := tabwriter.NewWriter(t, 0, 8, 3, ' ', tabwriter.AlignRight)
	line := func(name string, cell func(column) string) {
		words := []string{name}
		for _, c := range shown {
			words = append(words, cell(c))
		}
		// Writing to a strings.Builder does not fail, and Flush returns the rest.
		_, _ = w.Write([]byte(strings.Join(words, "\t") + "\t\n"))
	}
	line("", func(c column) string { return c.name + " " + c.scale.Unit })
	for _, n := range metric.Latencies() {
		line(string(n), func(c column) string { return c.point(n) })
	}
	line("samples", func(c column) string { return count(c.Count) })
	return w.Flush()
}

// point prints a figure with its marks, "—" with too few samples beyond a
// percentile.
func (c column) point(n metric.Name) string {
	p := c.At(n)
	if !p.Printable {
		return "—"
	}
	mark := ""
	if p.AtLeast {
		mark += "≥ "
	}
	if p.Rough {
		mark += "~ "
	}
	return mark + text(c.scale, p.NS)
}
