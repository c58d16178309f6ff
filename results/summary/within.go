package summary

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/table"
)

// served returns the percentiles of the table of served requests, which are those of
// ApacheBench.
func served() []metric.Name {
	return []metric.Name{metric.P50, "p66", metric.P75, "p80", metric.P90, metric.P95, "p98", metric.P99, metric.Max}
}

// within prints the latency within which shares of the requests were served.
func (t *summary) within() error {
	rows := t.servedTable()
	if rows == nil {
		return nil
	}
	t.line("")
	t.line("  served within: shares of the requests, by %s", rows.Head[1])
	w := tabwriter.NewWriter(t, 0, 8, 3, ' ', tabwriter.AlignRight)
	for _, row := range rows.Rows {
		// Writing to a strings.Builder does not fail.
		_, _ = fmt.Fprintf(w, "%s\t\n", strings.Join(row, "\t"))
	}
	_ = w.Flush()
	t.legend()
	return nil
}

// servedTable returns the latency within which shares of the requests were served; nil
// where nothing was answered.
func (t *summary) servedTable() *table.Table {
	main := t.headline()
	if main == nil {
		return nil
	}
	scale := table.ScaleOf(table.Durations(), main.at(metric.P50).NS)
	out := &table.Table{Head: []string{"share", main.name + " latency in " + scale.Unit}}
	for _, n := range served() {
		f := main.at(n)
		out.Add(shareOf(n), t.mark(f)+text(scale, f.NS))
	}
	return out
}

// shareOf returns the share of the requests that lie within a percentile, in words.
func shareOf(n metric.Name) string {
	if n == metric.Max {
		return "100 %"
	}
	return strings.TrimPrefix(string(n), "p") + " %"
}
