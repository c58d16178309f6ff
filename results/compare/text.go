package compare

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/results/table"
)

// scaleOf returns the scale of the family's values in which the value is 1 or more.
func (f *Family) scaleOf(value float64) table.Scale {
	return cells.ScaleOf(f.Unit, f.RateUnit, value)
}

// inWords returns the median with its marks, unit, and interval or range.
func (v Value) inWords(s table.Scale) string {
	return v.marked(s) + " " + s.Unit + v.spread(s) + v.remarks()
}

// printed returns the value in the unit of a column's head, with its interval or
// range where intervals is true; "—" for none.
func (v Value) printed(s table.Scale, intervals bool) string {
	switch {
	case v.N == 0:
		return "—"
	case intervals:
		return v.marked(s) + v.spread(s) + v.remarks()
	}
	return v.marked(s) + v.remarks()
}

// marked returns the median with the marks before it.
func (v Value) marked(s table.Scale) string {
	return given(v.AtLeast, "≥ ") + given(v.AtMost, "≤ ") + given(v.Rough, "~ ") + s.Digits(v.Median)
}

// remarks returns what follows a value.
func (v Value) remarks() string {
	return given(v.Saturated, " (sat)") + given(v.Void > 0, fmt.Sprintf("; %d void", v.Void))
}

// spread returns the interval or the range; empty for one trial.
func (v Value) spread(s table.Scale) string {
	switch v.Kind {
	case stats.Interval:
		return " [" + s.Digits(v.Low) + " – " + s.Digits(v.High) + "]"
	case stats.Range:
		return " (" + s.Digits(v.Low) + " – " + s.Digits(v.High) + ")"
	}
	return ""
}

// given returns the text where it is wanted.
func given(wanted bool, text string) string {
	if wanted {
		return text
	}
	return ""
}

// signed prints a relative change in percent, with its sign and without a unit.
func signed(change float64) string {
	text := strconv.FormatFloat(math.Abs(change)*100, 'f', 1, 64)
	switch {
	case text == "0.0":
		return "±0.0"
	case change < 0:
		return "−" + text
	}
	return "+" + text
}

// percent prints a relative change with its sign.
func percent(change float64) string { return signed(change) + " %" }

// short reports whether the interval of the ratio covers less than 95 %.
func short(r *stats.Ratio) bool { return r != nil && r.Coverage < stats.Confidence }

// inPercent prints a ratio as a change in percent, with its interval as Range or
// Interval.
func inPercent(r *stats.Ratio) string { return changed(r, signed) }

// change prints a ratio as a change, with its interval as Range or Interval.
func change(r *stats.Ratio) string { return changed(r, percent) }

func changed(r *stats.Ratio, form func(share float64) string) string {
	if r == nil {
		return "—"
	}
	ends := form(r.Low-1) + " … " + form(r.High-1)
	if short(r) {
		return form(r.Value-1) + " (" + ends + ")"
	}
	return form(r.Value-1) + " [" + ends + "]"
}

func probability(p float64) string {
	if p < 0.001 {
		return "< 0.001"
	}
	return strconv.FormatFloat(p, 'f', 3, 64)
}

func (r *Change) called() bool { return r.Outcome == Higher || r.Outcome == Lower }

// outcome prints an outcome.
func outcome(m metric.Name, r *Change) string {
	switch {
	case !r.called() && r.Why == "":
		return string(r.Outcome)
	case !r.called():
		return string(r.Outcome) + ": " + r.Why
	case (r.Outcome == Higher) == m.MoreIsBetter():
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
			least = strconv.FormatFloat(*f.Detectable*100, 'f', 1, 64) + table.Thin + "%"
		}
		if f.Comparisons > 0 {
			parts = append(parts, fmt.Sprintf("%s %s of %d", name(f.Metric), least, f.Comparisons))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Smallest detectable change, and of how many comparisons: " + strings.Join(parts, "; ") + "."
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

// voids lists the void trials of both pools, a line for each server of a scenario
// and protocol, side and reason.
func (c *Comparison) voids() []string {
	var lines []string
	phases := map[string][]string{}
	for f, r := range c.changes() {
		for i, v := range []Value{r.Old, r.New} {
			if v.Void == 0 {
				continue
			}
			line := fmt.Sprintf("%s, %s, %s: %d void in %s: %s", r.Server, f.Scenario, f.Protocol, v.Void, []string{"OLD", "NEW"}[i], v.WhyVoid)
			if phases[line] == nil {
				lines = append(lines, line)
			}
			if !slices.Contains(phases[line], f.Phase) {
				phases[line] = append(phases[line], f.Phase)
			}
		}
	}
	for i, line := range lines {
		lines[i] = fmt.Sprintf("%s (%s)", line, strings.Join(phases[line], ", "))
	}
	return lines
}

const driftNote = "Both sides were measured at their own time: what the machine changed in between is in these changes too; joust duel measures two variants in turn."

// heading is the first line.
func (c *Comparison) heading() string {
	return fmt.Sprintf("%d of %d comparisons called", len(c.calls()), c.tested())
}

// tested returns the number of comparisons that could be tested.
func (c *Comparison) tested() (n int) {
	for i := range c.Families {
		n += c.Families[i].Comparisons
	}
	return n
}

func (p *Pool) text() string {
	return strings.Join(p.Runs, " + ") + " (joust " + p.Build + ")"
}
