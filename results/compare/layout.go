package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/clipperhouse/displaywidth"

	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/table"
)

// look is how much the tables of a comparison hold.
type look struct {
	// intervals is true for values with their interval or range.
	intervals bool
	// brief is true for outcomes without their reasons, which then stand below.
	brief bool
}

// looks returns the looks of tables, the widest first.
func looks() []look { return []look{{intervals: true}, {}, {brief: true}} }

// fitting returns the widest look in which all tables fit into width columns, or
// the narrowest; 0 sets no bound.
func (c *Comparison) fitting(width int) look {
	all := looks()
	for _, l := range all {
		fits := func(f Family) bool { return widest(f.drawn(l).Terminal()) <= width }
		if width <= 0 || !slices.ContainsFunc(c.Families, func(f Family) bool { return !fits(f) }) {
			return l
		}
	}
	return all[len(all)-1]
}

func widest(text string) (most int) {
	for line := range strings.Lines(text) {
		most = max(most, displaywidth.String(strings.TrimSuffix(line, "\n")))
	}
	return most
}

// drawn returns the family's table: a line a server, with one unit a column.
func (f *Family) drawn(l look) *table.Table {
	t := &table.Table{Head: []string{"server", "old", "new", "change, %", "n", "what can be said"}, Left: 1, WordsLast: true}
	in := f.scale()
	for i := range f.Changes {
		r := &f.Changes[i]
		what := outcome(f.Metric, r)
		if l.brief {
			what, _, _ = strings.Cut(what, ": ")
		}
		t.Add(r.Server, r.Old.printed(in, l.intervals)+f.atRate(r.Old), r.New.printed(in, l.intervals)+f.atRate(r.New),
			inPercent(r.Ratio), fmt.Sprintf("%d, %d", r.Old.N, r.New.N), what)
	}
	return t
}

// scale is the common scale of the family's values, by the largest.
func (f *Family) scale() table.Scale {
	most := 0.0
	for _, r := range f.Changes {
		most = max(most, r.Old.Median, r.New.Median)
	}
	return f.scaleOf(most)
}

// title names the family's metric with its unit, and the rate of a cost where all
// its values have the same.
func (f *Family) title() string {
	text := name(f.Metric)
	if rates := f.rates(); len(rates) == 1 {
		text += " at " + table.Digits(rates[0]) + " " + f.RateUnit
	}
	return text + ", " + f.scale().Unit
}

// rates returns the different rates to which the family's costs belong, in req/s.
func (f *Family) rates() []float64 {
	var out []float64
	for _, r := range f.Changes {
		for _, v := range []Value{r.Old, r.New} {
			if f.Metric == metric.CPU && v.RateRPS > 0 && v.N > 0 {
				out = append(out, v.RateRPS)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// atRate names the rate to which a cost belongs, where the title does not.
func (f *Family) atRate(v Value) string {
	if v.RateRPS == 0 || v.N == 0 || len(f.rates()) < 2 {
		return ""
	}
	return " at " + table.Digits(v.RateRPS) + "/s"
}

// reasons returns the reasons of undecided outcomes that brief tables leave out,
// each with its servers. The list of void trials has those of void cells.
func (f *Family) reasons() []string {
	var order []string
	servers := map[string][]string{}
	for _, r := range f.Changes {
		void := r.Old.Missing == missingVoid || r.New.Missing == missingVoid
		if r.Outcome != Undecided && r.Outcome != NotMeasured || r.Why == "" || void {
			continue
		}
		why := string(r.Outcome) + ": " + r.Why
		if servers[why] == nil {
			order = append(order, why)
		}
		servers[why] = append(servers[why], r.Server)
	}
	for i, why := range order {
		order[i] = strings.Join(servers[why], ", ") + ": " + why
	}
	return order
}

// legend explains the tables and the marks that they have.
func (c *Comparison) legend(l look) string {
	text := "A value is the median over trials"
	if l.intervals {
		text += " [its 95 % interval] or (its range)"
	}
	text += "; a change is new ÷ old − 1, as Hodges–Lehmann estimate with its interval"
	marked := map[string]bool{}
	for _, r := range c.changes() {
		marked["~"] = marked["~"] || r.Old.Rough || r.New.Rough
		marked["≥"] = marked["≥"] || r.Old.AtLeast || r.New.AtLeast
		marked["≤"] = marked["≤"] || r.Old.AtMost || r.New.AtMost
		marked["(sat)"] = marked["(sat)"] || r.Old.Saturated || r.New.Saturated
		marked["("] = marked["("] || short(r.Ratio)
	}
	if marked["("] {
		text += ", (in parentheses) where so few trials reach less than 95 %"
	}
	text += ". It is called when the exact Mann–Whitney test says so after Holm's correction over the servers of that metric and table, and it leaves the noise band."
	var marks []string
	for _, m := range []struct{ mark, means string }{
		{"≥", "≥ lower bound"}, {"≤", "≤ upper bound"}, {"~", "~ the loader's own lag reaches into it"}, {"(sat)", "(sat) the server did not keep the rate"},
	} {
		if marked[m.mark] {
			marks = append(marks, m.means)
		}
	}
	if len(marks) > 0 {
		text += " " + strings.Join(marks, ", ") + "."
	}
	return text
}
