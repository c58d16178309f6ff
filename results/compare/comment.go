package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/table"
)

// Marker is the first line of a comment. A bot finds by it the comment that it should
// replace.
const Marker = "<!-- joust compare -->"

const (
	// mostComment is how many bytes a comment may have on hosting sites, less what the note
	// about missing tables takes.
	mostComment = 65_536 - 256
	// mostCalls is how many changes stand unfolded.
	mostCalls = 12
)

// Comment renders the comparison as a comment for a pull request: one screen of what
// changed and what could not be seen, and the tables folded below. Tables that do not fit
// are left out whole, which it says.
func (c *Comparison) Comment(gates []Gate) string {
	p := &page{title: "\n**%s**\n", item: "- %s", clean: table.Escape}
	p.line("%s\n### joust: %s\n", Marker, c.result(gates))
	p.line("%s → %s", p.clean(c.Old.text()), p.clean(c.New.text()))
	c.commentGates(p, gates)
	p.list("Partial: no gate is evaluated", c.Partial)
	calls := c.calls()
	p.list("Changed", calls[:min(len(calls), mostCalls)])
	if more := len(calls) - mostCalls; more > 0 {
		p.line("- and %d more, in the tables below", more)
	}
	p.list("Void trials", c.voids())
	p.list("Differences besides what was measured", c.Differences)
	p.list("Could not be seen here", c.unseen())
	p.list("The same server, measured twice in one run", c.New.equals)
	p.line("\n%s", driftNote)
	c.foldedTables(p)
	return p.String()
}

// commentGates writes a line a gate, with its reasons.
func (c *Comparison) commentGates(p *page, gates []Gate) {
	for _, g := range gates {
		p.line("\n**%s: %s**\n", p.clean(g.Threshold.Text), g.Outcome)
		if g.Outcome != GatePassed {
			p.items(g.Reasons)
		}
	}
}

// foldedTables writes the tables, as many as fit.
func (c *Comparison) foldedTables(p *page) {
	l := c.fitting(0)
	all := c.tables()
	for i, families := range all {
		one := &page{title: p.title, item: p.item, clean: p.clean}
		one.folded(families, l)
		if p.Len()+one.Len() > mostComment {
			p.line("\n%d more tables do not fit here: joust compare --format md has them.", len(all)-i)
			return
		}
		p.WriteString(one.String())
	}
}

// result says in a few words what the comparison found: the outcome of gates that did not
// pass, else how many changes are worse and better.
func (c *Comparison) result(gates []Gate) string {
	failed := map[GateOutcome]int{}
	for _, g := range gates {
		failed[g.Outcome]++
	}
	for _, o := range []GateOutcome{GateFailed, GateNotMeasured, GateUndecided} {
		if n := failed[o]; n > 0 {
			return fmt.Sprintf("%d of %d gates: %s", n, len(gates), o)
		}
	}
	worse, better := 0, 0
	for f, r := range c.changes() {
		switch {
		case !r.called():
		case (r.Outcome == Higher) == f.Metric.MoreIsBetter():
			better++
		default:
			worse++
		}
	}
	if worse+better == 0 {
		return "no change that could be told from noise"
	}
	return fmt.Sprintf("%d of %d comparisons worse, %d better", worse, c.tested(), better)
}

// unseen says, a line a metric, how large a change must be to be seen in the tables with the
// least noise and with the most.
func (c *Comparison) unseen() []string {
	var metrics []metric.Name
	changes, blind := map[metric.Name][]float64{}, map[metric.Name]int{}
	for i := range c.Families {
		f := &c.Families[i]
		if f.Comparisons == 0 {
			continue
		}
		if !slices.Contains(metrics, f.Metric) {
			metrics = append(metrics, f.Metric)
		}
		if f.Detectable == nil {
			blind[f.Metric]++
		} else {
			changes[f.Metric] = append(changes[f.Metric], *f.Detectable)
		}
	}
	var lines []string
	for _, m := range metrics {
		lines = append(lines, name(m)+": "+tooSmall(changes[m], blind[m]))
	}
	return lines
}

// tooSmall says which changes could not be seen: those below the smallest detectable ones of
// some tables, and any in a number of others.
func tooSmall(detectable []float64, blind int) string {
	var parts []string
	if len(detectable) > 0 {
		least, most := fmt.Sprintf("%.1f %%", slices.Min(detectable)*100), fmt.Sprintf("%.1f %%", slices.Max(detectable)*100)
		if least == most {
			parts = append(parts, "changes below "+most)
		} else {
			parts = append(parts, "changes below "+least+" in the quietest table, and below "+most+" in the noisiest")
		}
	}
	if blind > 0 {
		parts = append(parts, fmt.Sprintf("any change in %s, for want of trials", results.Counted(blind, "table")))
	}
	return strings.Join(parts, "; ")
}
