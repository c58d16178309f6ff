package compare

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/results/table"
)

// scale divides a value and names its unit.
type scale struct {
	per  float64
	unit string
}

// scaleOf is the scale in which the value is 1 or more.
func scaleOf(u cells.BaseUnit, value float64) scale {
	steps := map[cells.BaseUnit][]scale{
		cells.PerSecond:      {{1, "req/s"}},
		cells.BytesPerSecond: {{1e9, "GB/s"}, {1e6, "MB/s"}, {1, "B/s"}},
		cells.Nanoseconds:    {{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}},
		cells.NanosPerByte:   {{1, "s/GB"}},
		cells.BytesOfMemory:  {{1 << 20, "MiB"}},
	}[u]
	for _, s := range steps {
		if value >= s.per {
			return s
		}
	}
	return steps[len(steps)-1]
}

// value is a median with its marks, unit, and interval or range.
func (s scale) value(v Value) string {
	if v.N == 0 {
		return "—"
	}
	out := ""
	if v.AtLeast {
		out += "≥ "
	}
	if v.AtMost {
		out += "≤ "
	}
	if v.Rough {
		out += "~ "
	}
	digits := func(x float64) string { return table.Digits(x / s.per) }
	out += digits(v.Median) + " " + s.unit
	switch v.Kind {
	case stats.Interval:
		out += " [" + digits(v.Low) + " – " + digits(v.High) + "]"
	case stats.Range:
		out += " (" + digits(v.Low) + " – " + digits(v.High) + ")"
	}
	if v.Saturated {
		out += " (sat)"
	}
	if v.Void > 0 {
		out += fmt.Sprintf("; %d void", v.Void)
	}
	return out
}

// percent is a relative change with its sign.
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

// text is the change with its interval, in parentheses where it reaches less
// than the confidence asked for.
func (r *Ratio) text() string {
	low, high := percent(r.Low-1), percent(r.High-1)
	if r.Coverage < stats.Confidence {
		return fmt.Sprintf("%s (%s … %s)", percent(r.Value-1), low, high)
	}
	return fmt.Sprintf("%s [%s … %s]", percent(r.Value-1), low, high)
}

func probability(p float64) string {
	if p < 0.001 {
		return "< 0.001"
	}
	return strconv.FormatFloat(p, 'f', 3, 64)
}

// said is a row's outcome in words. More throughput is good news, more of all
// else is not.
func said(m cells.Metric, r *Row) string {
	if r.Outcome != Higher && r.Outcome != Lower {
		if r.Why == "" {
			return string(r.Outcome)
		}
		return string(r.Outcome) + ": " + r.Why
	}
	if (r.Outcome == Higher) == (m == cells.MetricThroughput) {
		return string(r.Outcome) + ", better"
	}
	return string(r.Outcome) + ", WORSE"
}

// blocks groups the families of one table, in their order.
func (c *Comparison) blocks() [][]Family {
	var out [][]Family
	for _, f := range c.Families {
		if n := len(out); n > 0 {
			g := out[n-1][0]
			if g.Scenario == f.Scenario && g.Protocol == f.Protocol && g.Phase == f.Phase {
				out[n-1] = append(out[n-1], f)
				continue
			}
		}
		out = append(out, []Family{f})
	}
	return out
}

// drawn is the table of one block.
func drawn(block []Family) *table.Table {
	t := &table.Table{Head: []string{"metric", "server", "old", "new", "change", "n", "what can be said"}, Left: 2, WordsLast: true}
	for _, f := range block {
		for i := range f.Rows {
			r := &f.Rows[i]
			in := scaleOf(f.Unit, max(r.Old.Median, r.New.Median))
			change := "—"
			if r.Ratio != nil {
				change = r.Ratio.text()
			}
			t.Add(name(f.Metric), r.Server, in.value(r.Old)+atRate(&f, r.Old), in.value(r.New)+atRate(&f, r.New), change,
				fmt.Sprintf("%d, %d", r.Old.N, r.New.N), said(f.Metric, r))
		}
	}
	return t
}

// atRate names the rate to which a cost belongs.
func atRate(f *Family, v Value) string {
	if f.Metric != cells.MetricCPU || v.RateRPS == 0 || v.N == 0 {
		return ""
	}
	return " at " + table.Digits(v.RateRPS) + "/s"
}

func name(m cells.Metric) string {
	switch m {
	case cells.MetricCPU:
		return "CPU per request"
	case cells.MetricMemory:
		return "peak memory"
	}
	return string(m)
}

// limits says what each family of a block could have seen.
func limits(block []Family) string {
	var parts []string
	for i := range block {
		f := &block[i]
		if f.Comparisons == 0 {
			continue
		}
		text := name(f.Metric) + " "
		if f.Detectable == nil {
			text += "none"
		} else {
			text += strconv.FormatFloat(*f.Detectable*100, 'f', 1, 64) + " %"
		}
		parts = append(parts, fmt.Sprintf("%s of %d", text, f.Comparisons))
	}
	if len(parts) == 0 {
		return ""
	}
	return "Smallest detectable change, and of how many comparisons: " + strings.Join(parts, "; ")
}

// Calls counts the rows that are called, and all that were tested.
func (c *Comparison) Calls() (called, tested int) {
	for i := range c.Families {
		tested += c.Families[i].Comparisons
		for _, r := range c.Families[i].Rows {
			if r.Outcome == Higher || r.Outcome == Lower {
				called++
			}
		}
	}
	return called, tested
}

// calls are the rows that are called, a line each.
func (c *Comparison) calls() []string {
	var lines []string
	for i := range c.Families {
		f := &c.Families[i]
		for j := range f.Rows {
			if r := &f.Rows[j]; r.Outcome == Higher || r.Outcome == Lower {
				lines = append(lines, fmt.Sprintf("%s, %s, %s, %s: %s %s, %s",
					r.Server, f.Scenario, f.Protocol, f.Phase, name(f.Metric), r.Ratio.text(), said(f.Metric, r)))
			}
		}
	}
	return lines
}

// voids are the void trials of both sides, a line a cell.
func (c *Comparison) voids() []string {
	var lines []string
	seen := map[string]bool{}
	for i := range c.Families {
		f := &c.Families[i]
		for _, r := range f.Rows {
			for _, x := range []struct {
				name string
				v    Value
			}{{"OLD", r.Old}, {"NEW", r.New}} {
				line := fmt.Sprintf("%s, %s, %s, %s: %d void in %s: %s", r.Server, f.Scenario, f.Protocol, f.Phase, x.v.Void, x.name, x.v.WhyVoid)
				if x.v.Void > 0 && !seen[line] {
					seen[line] = true
					lines = append(lines, line)
				}
			}
		}
	}
	return lines
}

const (
	legend      = "A value is the median over trials [its 95 % interval] or (its range); a change is new ÷ old − 1, as Hodges–Lehmann estimate with its interval, (in parentheses) where so few trials reach less than 95 %. It is called when the exact Mann–Whitney test says so after Holm's correction over the servers of that metric and table, and it leaves the noise band. ≥ lower bound, ≤ upper bound, ~ the loader's own lag reaches into it, (sat) the server did not keep the rate."
	apartInTime = "Both sides were measured at their own time: what the machine changed in between is in these changes too; joust duel measures two variants in turn."
)

// heading is the first line.
func (c *Comparison) heading() string {
	called, tested := c.Calls()
	return fmt.Sprintf("%d of %d comparisons called", called, tested)
}

func (s Side) text() string {
	return strings.Join(s.Runs, " + ") + " (joust " + s.Build + ")"
}

// Text is the comparison for a terminal.
func (c *Comparison) Text(gates []Gate) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	items := func(list []string) {
		for _, item := range list {
			line("  %s", table.OneLine(item))
		}
	}
	list := func(title string, of []string) {
		if len(of) > 0 {
			line("\n%s", title)
			items(of)
		}
	}
	line("old  %s", table.OneLine(c.Old.text()))
	line("new  %s", table.OneLine(c.New.text()))
	list("PARTIAL: no gate is evaluated", c.Partial)
	list("Differences besides what was measured:", c.Differences)
	for _, block := range c.blocks() {
		line("\n%s, %s, %s", block[0].Scenario, block[0].Protocol, block[0].Phase)
		b.WriteString(drawn(block).Terminal())
		if l := limits(block); l != "" {
			line("%s", l)
		}
	}
	list("Moved together:", c.Drift)
	list("Void trials:", c.voids())
	list("Not compared:", c.Left)
	list("Unreadable:", c.Problems)
	line("\n%s\n%s", legend, apartInTime)
	line("\n%s", c.heading())
	items(c.calls())
	for _, g := range gates {
		line("\n%s: %s", table.OneLine(g.Threshold.Text), g.Outcome)
		items(g.Reasons)
	}
	return b.String()
}

// Markdown is the comparison for a pull request: what is called first, the
// tables folded.
func (c *Comparison) Markdown(gates []Gate) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	items := func(list []string) {
		for _, item := range list {
			line("- %s", table.Escape(item))
		}
	}
	list := func(title string, of []string) {
		if len(of) > 0 {
			line("\n%s\n", title)
			items(of)
		}
	}
	line("### joust compare: %s\n", c.heading())
	line("Old: %s. New: %s.", table.Escape(c.Old.text()), table.Escape(c.New.text()))
	for _, g := range gates {
		line("\n**%s: %s**\n", table.Escape(g.Threshold.Text), g.Outcome)
		items(g.Reasons)
	}
	list("**Partial: no gate is evaluated**", c.Partial)
	list("**Called**", c.calls())
	list("**Differences besides what was measured**", c.Differences)
	list("**Moved together**", c.Drift)
	list("**Void trials**", c.voids())
	list("**Not compared**", c.Left)
	list("**Unreadable**", c.Problems)
	for _, block := range c.blocks() {
		line("\n<details><summary>%s, %s, %s</summary>\n", table.Escape(block[0].Scenario), table.Escape(block[0].Protocol), table.Escape(block[0].Phase))
		b.WriteString(drawn(block).Markdown())
		if l := limits(block); l != "" {
			line("\n%s.", l)
		}
		line("\n</details>")
	}
	line("\n%s %s", legend, apartInTime)
	return b.String()
}
