package summary

import (
	"strings"
	"text/tabwriter"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/table"
)

// Breakdown is where the time of right answers went, in plain numbers.
type Breakdown struct {
	// NewConnections and ReusedConnections are as in results.Breakdown.
	NewConnections    uint64 `json:"new_connections"`
	ReusedConnections uint64 `json:"reused_connections"`
	// Steps are in the order of time: lookup, connect, tls_handshake, write, wait,
	// transfer, and then total. A step that no connection had is absent.
	Steps []Latency `json:"steps"`
}

// steps returns the distributions of the breakdown's steps, without those that have no
// samples. A damaged one is an error.
func (l *load) steps() ([]distribution, error) {
	b := l.phase.Breakdown
	if b == nil {
		return nil, nil
	}
	var list []distribution
	for _, s := range []struct {
		name string
		h    *results.Histogram
	}{
		{"lookup", b.Lookup}, {"connect", b.Connect}, {"tls handshake", b.TLSHandshake},
		{"write", b.Write}, {"wait", b.Wait}, {"transfer", b.Transfer}, {"total", b.Total},
	} {
		d := cells.Plain(s.h, l.options.own()...)
		if d == nil {
			continue
		}
		if d.Damaged != nil {
			return nil, d.Damaged
		}
		if d.Count > 0 {
			list = append(list, distribution{name: s.name, Distribution: d})
		}
	}
	return list, nil
}

// plainBreakdown returns the breakdown in plain numbers, nil where nobody asked for it.
func (l *load) plainBreakdown() (*Breakdown, error) {
	if l.phase == nil || l.phase.Breakdown == nil {
		return nil, nil
	}
	steps, err := l.steps()
	if err != nil {
		return nil, err
	}
	b := &Breakdown{NewConnections: l.phase.Breakdown.NewConnections, ReusedConnections: l.phase.Breakdown.ReusedConnections}
	for i := range steps {
		b.Steps = append(b.Steps, l.plain(&steps[i]))
	}
	return b, nil
}

// breakdown prints where the time of right answers went: a row a step, in a unit of its
// own.
func (t *summary) breakdown() error {
	steps, err := t.steps()
	if err != nil || t.phase.Breakdown == nil {
		return err
	}
	b := t.phase.Breakdown
	t.line("")
	t.line("  breakdown: %s of the right answers came over new connections, %s over reused ones", count(b.NewConnections), count(b.ReusedConnections))
	t.line("  lookup, connect and TLS handshake are of the connections over which they came, one value each")
	columns := []metric.Name{metric.Mean, metric.Min, metric.P50, metric.P95, metric.P99, metric.Max}
	w := tabwriter.NewWriter(t, 0, 8, 2, ' ', tabwriter.AlignRight)
	// Writing to a strings.Builder does not fail, and Flush returns the rest.
	line := func(words ...string) { _, _ = w.Write([]byte(strings.Join(words, "\t") + "\t\n")) }
	head := []string{""}
	for _, n := range columns {
		head = append(head, string(n))
	}
	line(append(head, "samples")...)
	for i := range steps {
		d := &steps[i]
		in := table.ScaleOf(table.Durations(), d.at(metric.P50).NS)
		row := []string{strings.Replace(d.name, "tls", "TLS", 1) + " " + in.Unit}
		for _, n := range columns {
			f := d.at(n)
			row = append(row, t.mark(f)+text(in, f.NS))
		}
		line(append(row, count(d.Count))...)
	}
	return w.Flush()
}
