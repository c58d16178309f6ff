package summary

import (
	"strings"
	"text/tabwriter"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// rows are the percentiles of the table; q is 1 for the largest value.
var rows = [...]struct {
	name string
	q    float64
}{{"p50", 0.5}, {"p75", 0.75}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}, {"max", 1}}

// column is one distribution of the latency table.
type column struct {
	name string
	hist *results.Histogram
	// lagged columns show where the loader's lag reaches into a percentile.
	lagged bool
	// lowerFromNS is the value from which percentiles are lower bounds, since
	// requests without an answer stand there; 0 for none.
	lowerFromNS int64

	dist *stats.Dist
	unit unit
}

// latencies is the table of percentiles.
func (t *text) latencies() error {
	p := t.phase
	columns := []column{{name: "service", hist: p.Total.Service, lowerFromNS: p.UnansweredFromNS}}
	t.line("")
	if p.Loop == results.OpenLoop {
		t.line("  latency: corrected counts from the intended send, service from the actual one, to the last byte")
		columns = []column{
			{name: "corrected", hist: p.Total.Corrected, lagged: true, lowerFromNS: p.LowerBoundsFromNS()},
			columns[0],
			{name: "send lag, idle", hist: p.SendLagIdle},
			{name: "send lag, blocked", hist: p.SendLagBlocked},
		}
	} else {
		t.line("  latency: service time, from the send to the last byte; a closed loop does not show queueing, an open one (-R) does")
	}
	columns = append(columns, column{name: "receive lag", hist: p.ReceiveLag}, column{name: "failed", hist: p.Total.FailedTime})
	return t.table(columns)
}

// table prints the columns that have anything to show.
func (t *text) table(columns []column) error {
	var shown []column
	for _, c := range columns {
		var err error
		if c.dist, err = stats.Decode(c.hist); err != nil {
			return err
		}
		if c.dist.Count() > 0 {
			c.unit = unitOf(c.dist.Quantile(0.5))
			shown = append(shown, c)
		}
	}
	if len(shown) == 0 {
		t.line("  no answer to take it from")
		return nil
	}
	bars, err := stats.Bars(results.DefaultThresholds(), t.phase)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(t, 0, 8, 3, ' ', tabwriter.AlignRight)
	cells := []string{""}
	for _, c := range shown {
		cells = append(cells, c.name+" "+c.unit.name)
	}
	row(w, cells)
	for _, r := range rows {
		cells = []string{r.name}
		for _, c := range shown {
			cells = append(cells, t.cell(c, bars, r.q))
		}
		row(w, cells)
	}
	cells = []string{"mean"}
	for _, c := range shown {
		mark := ""
		if c.lowerFromNS > 0 {
			mark = "≥ "
		}
		cells = append(cells, mark+c.unit.text(c.hist.MeanNS))
	}
	row(w, cells)
	cells = []string{"samples"}
	for _, c := range shown {
		cells = append(cells, count(c.dist.Count()))
	}
	row(w, cells)
	return w.Flush()
}

// row writes one line of right-aligned cells. Writing to a strings.Builder does
// not fail, and Flush tells of the rest.
func row(w *tabwriter.Writer, cells []string) {
	_, _ = w.Write([]byte(strings.Join(cells, "\t") + "\t\n"))
}

// cell is one percentile with its marks, "—" where there are too few samples
// beyond it.
func (t *text) cell(c column, bars stats.ErrorBars, q float64) string {
	if q < 1 && !c.dist.Supports(q) {
		return "—"
	}
	v := c.dist.Quantile(q)
	mark := ""
	if c.lowerFromNS > 0 && v >= c.lowerFromNS {
		mark += "≥ "
	}
	if c.lagged && bars.At(q, v).Exceeds() {
		mark += "~ "
	}
	return mark + c.unit.text(float64(v))
}
