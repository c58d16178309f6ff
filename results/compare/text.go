package compare

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/results/table"
)

// scaleOf returns the scale in which the value is 1 or more.
func scaleOf(u metric.Unit, value float64) table.Scale {
	return table.ScaleOf(map[metric.Unit][]table.Scale{
		metric.Rate:            {{Per: 1, Unit: "req/s"}},
		metric.Bandwidth:       {{Per: 1e9, Unit: "GB/s"}, {Per: 1e6, Unit: "MB/s"}, {Per: 1, Unit: "B/s"}},
		metric.Duration:        table.Durations(),
		metric.DurationPerByte: {{Per: 1, Unit: "s/GB"}},
		metric.Size:            {{Per: 1 << 20, Unit: "MiB"}},
	}[u], value)
}

// printed returns the median with its marks, unit, and interval or range.
func (v Value) printed(s table.Scale) string {
	if v.N == 0 {
		return "—"
	}
	mark := func(marked bool, text string) string {
		if marked {
			return text
		}
		return ""
	}
	out := mark(v.AtLeast, "≥ ") + mark(v.AtMost, "≤ ") + mark(v.Rough, "~ ") + s.Digits(v.Median) + " " + s.Unit
	switch v.Kind {
	case stats.Interval:
		out += " [" + s.Digits(v.Low) + " – " + s.Digits(v.High) + "]"
	case stats.Range:
		out += " (" + s.Digits(v.Low) + " – " + s.Digits(v.High) + ")"
	}
	return out + mark(v.Saturated, " (sat)") + mark(v.Void > 0, fmt.Sprintf("; %d void", v.Void))
}

// percent prints a relative change with its sign.
func percent(change float64) string {
	text := strconv.FormatFloat(math.Abs(change)*100, 'f', 1, 64) + " %"
	switch {
	case text == "0.0 %":
		return "±0.0 %"
	case change < 0:
		return "−" + text
	}
	return "+" + text
}

// change prints a ratio as a change, with its interval as Range or Interval.
func change(r *stats.Ratio) string {
	if r == nil {
		return "—"
	}
	ends := percent(r.Low-1) + " … " + percent(r.High-1)
	if r.Coverage < stats.Confidence {
		return percent(r.Value-1) + " (" + ends + ")"
	}
	return percent(r.Value-1) + " [" + ends + "]"
}

func probability(p float64) string {
	if p < 0.001 {
		return "< 0.001"
	}
	return strconv.FormatFloat(p, 'f', 3, 64)
}

func (r *Change) called() bool { return r.Outcome == Higher || r.Outcome == Lower }

// outcome prints an outcome. More is better for throughput only.
func outcome(m metric.Name, r *Change) string {
	switch {
	case !r.called() && r.Why == "":
		return string(r.Outcome)
	case !r.called():
		return string(r.Outcome) + ": " + r.Why
	case (r.Outcome == Higher) == (m == metric.Throughput):
		return string(r.Outcome) + ", better"
	}
	return string(r.Outcome) + ", WORSE"
}

// tables groups the families by their table, in their order.
func (c *Comparison) tables() [][]Family {
	var out [][]Family
	for _, f := range c.Families {
		if n := len(out); n > 0 && out[n-1][0].table() == f.table() {
			out[n-1] = append(out[n-1], f)
		} else {
			out = append(out, []Family{f})
		}
	}
	return out
}

// drawn returns the table of some families.
func drawn(families []Family) *table.Table {
	t := &table.Table{Head: []string{"metric", "server", "old", "new", "change", "n", "what can be said"}, Left: 2, WordsLast: true}
	for _, f := range families {
		for i := range f.Changes {
			r := &f.Changes[i]
			in := scaleOf(f.Unit, max(r.Old.Median, r.New.Median))
			t.Add(name(f.Metric), r.Server, r.Old.printed(in)+atRate(&f, r.Old), r.New.printed(in)+atRate(&f, r.New), change(r.Ratio),
				fmt.Sprintf("%d, %d", r.Old.N, r.New.N), outcome(f.Metric, r))
		}
	}
	return t
}

// atRate names the rate to which a cost belongs.
func atRate(f *Family, v Value) string {
	if f.Metric != metric.CPU || v.RateRPS == 0 || v.N == 0 {
		return ""
	}
	return " at " + table.Digits(v.RateRPS) + "/s"
}

func name(m metric.Name) string {
	switch m {
	case metric.CPU:
		return "CPU per request"
	case metric.Memory:
		return "peak memory"
	}
	return string(m)
}

// detectable says which changes each family of a table could have shown.
func detectable(families []Family) string {
	var parts []string
	for _, f := range families {
		least := "none"
		if f.Detectable != nil {
			least = strconv.FormatFloat(*f.Detectable*100, 'f', 1, 64) + " %"
		}
		if f.Comparisons > 0 {
			parts = append(parts, fmt.Sprintf("%s %s of %d", name(f.Metric), least, f.Comparisons))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Smallest detectable change, and of how many comparisons: " + strings.Join(parts, "; ")
}

// calls lists the changes that are called, a line each.
func (c *Comparison) calls() []string {
	var lines []string
	for f, r := range c.changes() {
		if r.called() {
			lines = append(lines, fmt.Sprintf("%s, %s: %s %s, %s", r.Server, f.table(), name(f.Metric), change(r.Ratio), outcome(f.Metric, r)))
		}
	}
	return lines
}

// voids lists the void trials of both pools, a line a cell.
func (c *Comparison) voids() []string {
	var lines []string
	seen := map[string]bool{}
	for f, r := range c.changes() {
		for i, v := range []Value{r.Old, r.New} {
			line := fmt.Sprintf("%s, %s: %d void in %s: %s", r.Server, f.table(), v.Void, []string{"OLD", "NEW"}[i], v.WhyVoid)
			if v.Void > 0 && !seen[line] {
				seen[line] = true
				lines = append(lines, line)
			}
		}
	}
	return lines
}

const (
	legend    = "A value is the median over trials [its 95 % interval] or (its range); a change is new ÷ old − 1, as Hodges–Lehmann estimate with its interval, (in parentheses) where so few trials reach less than 95 %. It is called when the exact Mann–Whitney test says so after Holm's correction over the servers of that metric and table, and it leaves the noise band. ≥ lower bound, ≤ upper bound, ~ the loader's own lag reaches into it, (sat) the server did not keep the rate."
	driftNote = "Both sides were measured at their own time: what the machine changed in between is in these changes too; joust duel measures two variants in turn."
)

// heading is the first line.
func (c *Comparison) heading() string {
	tested := 0
	for i := range c.Families {
		tested += c.Families[i].Comparisons
	}
	return fmt.Sprintf("%d of %d comparisons called", len(c.calls()), tested)
}

func (p *Pool) text() string {
	return strings.Join(p.Runs, " + ") + " (joust " + p.Build + ")"
}

// page is a rendering in the making.
type page struct {
	strings.Builder
	// title and item are the formats of a list's title and of its items.
	title, item string
	clean       func(string) string
}

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

func (p *page) items(list []string) {
	for _, item := range list {
		p.line(p.item, p.clean(item))
	}
}

func (p *page) list(title string, items []string) {
	if len(items) > 0 {
		p.line(p.title, title)
		p.items(items)
	}
}

// Text renders the comparison for a terminal.
func (c *Comparison) Text(gates []Gate) string {
	p := &page{title: "\n%s:", item: "  %s", clean: table.OneLine}
	p.line("old  %s", p.clean(c.Old.text()))
	p.line("new  %s", p.clean(c.New.text()))
	if len(c.Partial) > 0 {
		p.line("\nPARTIAL: no gate is evaluated")
		p.items(c.Partial)
	}
	p.list("Differences besides what was measured", c.Differences)
	for _, families := range c.tables() {
		p.line("\n%s", families[0].table())
		p.WriteString(drawn(families).Terminal())
		if l := detectable(families); l != "" {
			p.line("%s", l)
		}
	}
	p.list("Moved together", c.Drift)
	p.list("Void trials", c.voids())
	p.list("Not compared", c.NotCompared)
	p.list("Unreadable", c.Problems)
	p.line("\n%s\n%s", legend, driftNote)
	p.line("\n%s", c.heading())
	p.items(c.calls())
	for _, g := range gates {
		p.line("\n%s: %s", p.clean(g.Threshold.Text), g.Outcome)
		p.items(g.Reasons)
	}
	return p.String()
}

// Markdown renders the comparison for a pull request, with its tables folded.
func (c *Comparison) Markdown(gates []Gate) string {
	p := &page{title: "\n**%s**\n", item: "- %s", clean: table.Escape}
	p.line("### joust compare: %s\n", c.heading())
	p.line("Old: %s. New: %s.", p.clean(c.Old.text()), p.clean(c.New.text()))
	for _, g := range gates {
		p.line("\n**%s: %s**\n", p.clean(g.Threshold.Text), g.Outcome)
		p.items(g.Reasons)
	}
	p.list("Partial: no gate is evaluated", c.Partial)
	p.list("Called", c.calls())
	p.list("Differences besides what was measured", c.Differences)
	p.list("Moved together", c.Drift)
	p.list("Void trials", c.voids())
	p.list("Not compared", c.NotCompared)
	p.list("Unreadable", c.Problems)
	for _, families := range c.tables() {
		p.line("\n<details><summary>%s</summary>\n", p.clean(families[0].table()))
		p.WriteString(drawn(families).Markdown())
		if l := detectable(families); l != "" {
			p.line("\n%s.", l)
		}
		p.line("\n</details>")
	}
	p.line("\n%s %s", legend, driftNote)
	return p.String()
}
