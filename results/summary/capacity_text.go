package summary

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/table"
)

// WriteJSON writes the search as JSON.
func (c *Capacity) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(c); err != nil {
		return fmt.Errorf("writing the search as JSON: %w", err)
	}
	return nil
}

// WriteText writes the search for people: the title, the table of its steps, and the
// answer. Lines are at most width columns long; 0 is any length.
func (c *Capacity) WriteText(w io.Writer, title string, width int) error {
	t := newSummary(&load{})
	t.line("%s", title)
	t.line("%s", c.asked())
	if len(c.Steps) > 0 {
		t.line("")
		t.WriteString(t.capacity(c.Steps))
		t.legend()
	}
	t.line("")
	t.line("%s", c.Text)
	for _, note := range slices.Concat(c.Notes, neighbours(&results.Report{Neighbours: c.Neighbours})) {
		t.line("note: %s", note)
	}
	if _, err := io.WriteString(w, table.Wrap(t.String(), width, "  ")); err != nil {
		return fmt.Errorf("writing the search: %w", err)
	}
	return nil
}

// asked returns the line of the search's settings.
func (c *Capacity) asked() string {
	words := []string{
		fmt.Sprintf("the most %s that keep %s", c.Find, results.Listed(c.Keep, "and")),
		fmt.Sprintf("from %s by × %g to %s", level(c.From), c.Factor, level(c.To)),
		span(c.StepNS) + " a step", plural(c.Threads, "thread"), strings.TrimSpace(c.Loader + " " + c.Version), fmt.Sprintf("seed %d", c.Seed),
	}
	if c.Find == results.SoughtRate {
		words[0] = "the highest rate that keeps " + results.Listed(c.Keep, "and")
	}
	return strings.Join(words, ", ")
}

// capacityPercentiles are those of the table of steps.
func capacityPercentiles() []metric.Name { return []metric.Name{metric.P50, metric.P95, metric.P99} }

// capacity returns the table of the steps. Each percentile has one scale.
func (t *summary) capacity(steps []CapacityStep) string {
	// The rates of a search for a rate stand in its first column.
	head := []string{"step", "load", "req/s"}
	scales := map[metric.Name]table.Scale{}
	for _, n := range capacityPercentiles() {
		scales[n] = table.ScaleOf(table.Durations(), typical(steps, n))
		head = append(head, string(n)+" "+scales[n].Unit)
	}
	out := table.Table{Head: append(head, "errors", "outcome"), Left: 1, WordsLast: true}
	for i := range steps {
		s := &steps[i]
		stage := string(s.Stage)
		if s.Again {
			stage += " again"
		}
		row := []string{stage, level(s.Level), digits(s.ThroughputRPS)}
		for _, n := range capacityPercentiles() {
			row = append(row, t.percentile(s.Latency, n, scales[n]))
		}
		out.Add(append(row, count(s.Errors), s.outcome())...)
	}
	return out.Terminal()
}

// typical returns the middle value of a percentile over the steps, in nanoseconds; 0 for
// none.
func typical(steps []CapacityStep, n metric.Name) float64 {
	var values []int64
	for i := range steps {
		if l := steps[i].Latency; l != nil {
			values = append(values, l.PercentilesNS[n])
		}
	}
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return float64(values[len(values)/2])
}

// percentile prints a percentile with its marks.
func (t *summary) percentile(l *Latency, n metric.Name, in table.Scale) string {
	if l == nil {
		return "—"
	}
	var f figure
	f.AtLeast, f.Rough, f.few = slices.Contains(l.AtLeast, n), slices.Contains(l.Rough, n), slices.Contains(l.Few, n)
	return t.mark(f) + text(in, float64(l.PercentilesNS[n]))
}

// outcome is the outcome of the step with its reason.
func (s *CapacityStep) outcome() string {
	switch {
	case s.Outcome == "":
		return "interrupted"
	case s.Why == "":
		return string(s.Outcome)
	}
	return string(s.Outcome) + ": " + s.Why
}

// String returns the step in one line, as it is told while the search goes on.
func (s *CapacityStep) String() string {
	latency := ""
	if s.Latency != nil {
		latency = ", p95 " + duration(s.Latency.PercentilesNS[metric.P95])
	}
	return fmt.Sprintf("%s: %s req/s%s, %s: %s", level(s.Level), digits(s.ThroughputRPS), latency, plural(int(s.Errors), "error"), s.outcome())
}
