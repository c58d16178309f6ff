package summary

import (
	"strings"
	"text/tabwriter"

	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/table"
)

// mostRows is the number of rows of the course at most.
const mostRows = 12

// varies reports whether the load was to change over the window.
func (l *load) varies() bool {
	return l.phase.Profile != "" || l.phase.Schedule == "ramp" || l.report.UserRampNS > 0
}

// course prints the stretches of a load that was to change: the rate that was due against
// the one that was achieved, and the latency of right answers.
func (t *summary) course() error {
	if !t.varies() {
		return nil
	}
	all, err := t.stretches(mostRows)
	if err != nil || len(all) == 0 {
		return err
	}
	columns := t.courseColumns(all)
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 8, 3, ' ', tabwriter.AlignRight)
	row := func(word func(courseColumn) string) {
		for _, c := range columns {
			// Writing to a strings.Builder does not fail.
			_, _ = w.Write([]byte(word(c) + "\t"))
		}
		_, _ = w.Write([]byte("\n"))
	}
	row(func(c courseColumn) string { return c.name })
	for i := range all {
		row(func(c courseColumn) string { return c.cell(&all[i]) })
	}
	_ = w.Flush()
	t.line("")
	t.line("  course: requests per second, and latency of right answers by the time at which they came")
	t.WriteString(out.String())
	t.legend()
	return nil
}

// courseColumn is one figure of each stretch.
type courseColumn struct {
	name string
	cell func(*stretch) string
}

// courseColumns returns those that the stretches have.
func (t *summary) courseColumns(all []stretch) []courseColumn {
	median := 0.0
	for i := range all {
		if d := all[i].latency; d != nil {
			median = max(median, d.At(metric.P50).NS)
		}
	}
	scale := table.ScaleOf(table.Durations(), median)
	rate := func(n uint64, s *stretch) string { return digits(perSecond(n, s.ToNS-s.FromNS)) }
	columns := []courseColumn{
		{"from", func(s *stretch) string { return span(s.FromNS - t.phase.T0NS) }},
		{"to", func(s *stretch) string { return span(s.ToNS - t.phase.T0NS) }},
	}
	if all[0].Offered != nil {
		columns = append(columns, courseColumn{"due/s", func(s *stretch) string {
			if s.Offered == nil {
				return strings.TrimSpace(markUnknown)
			}
			return rate(*s.Offered, s)
		}})
	}
	columns = append(columns,
		courseColumn{"req/s", func(s *stretch) string { return rate(s.Completed, s) }},
		courseColumn{"p50 " + scale.Unit, func(s *stretch) string { return t.percentileOf(s, metric.P50, scale) }},
		courseColumn{"p99 " + scale.Unit, func(s *stretch) string { return t.percentileOf(s, metric.P99, scale) }},
		courseColumn{"failed", func(s *stretch) string { return count(s.Failed) }},
	)
	if all[0].Users != nil {
		columns = append(columns, courseColumn{"users", func(s *stretch) string {
			if s.Users == nil {
				return strings.TrimSpace(markUnknown)
			}
			return count(uint64(*s.Users))
		}})
	}
	return columns
}

// percentileOf returns a percentile of the stretch's latency.
func (t *summary) percentileOf(s *stretch, n metric.Name, scale table.Scale) string {
	if s.latency == nil {
		return strings.TrimSpace(markUnknown)
	}
	p := s.latency.At(n)
	return t.mark(figure{few: !p.Printable}) + text(scale, p.NS)
}
