package summary

import (
	"fmt"
	"strconv"
	"text/tabwriter"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/table"
)

// mostSlowest is the number of slow requests that the text lists.
const mostSlowest = 10

// slowest lists the slowest right answers of a load whose requests have ids. The
// instants are those of the last byte, from the opening of the window.
func (t *summary) slowest() {
	p := t.phase
	list := p.Slowest[:min(len(p.Slowest), mostSlowest)]
	if t.report.RequestID == "" || len(list) == 0 {
		return
	}
	from := "the send"
	if p.Loop == results.OpenLoop || t.report.Users > 0 {
		from = "the intended send"
	}
	latency := func(r results.SlowRequest) float64 { return float64(r.EndNS - r.IntendedNS) }
	scale := table.ScaleOf(table.Durations(), latency(list[0]))
	t.line("")
	t.line("  slowest right answers, from %s to the last byte", from)
	w := tabwriter.NewWriter(t, 0, 8, 3, ' ', tabwriter.AlignRight)
	// Writing to a strings.Builder does not fail, and Flush returns the rest.
	line := func(latency, at, status, thread, connection, id string) {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t   %s\n", latency, at, status, thread, connection, id)
	}
	line("latency "+scale.Unit, "ended at s", "status", "thread", "connection", t.report.RequestID)
	for _, r := range list {
		ended := strconv.FormatFloat(float64(r.EndNS-p.T0NS)/1e9, 'f', 3, 64)
		line(text(scale, latency(r)), ended, strconv.Itoa(r.Status), strconv.Itoa(r.Thread), strconv.Itoa(r.Connection), r.ID)
	}
	_ = w.Flush()
}
