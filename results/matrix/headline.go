package matrix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/clipperhouse/displaywidth"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/table"
)

// Headline returns the summary for the terminal at the end of a run: who is ahead,
// the peaks, and the latencies at each rate. No line is wider than width columns; 0
// sets no bound.
func Headline(set *cells.Set, width int) string {
	v := newView(set)
	var out strings.Builder
	paragraph := func(text string) { out.WriteString(table.Wrap(table.OneLine(text), width, "  ") + "\n") }
	for _, text := range present(append([]string{v.state()}, v.ahead()...)...) {
		paragraph(text)
	}
	var notes []string
	for _, t := range append(v.peakTables(), v.openTables()...) {
		if parts := split(t.Table, width); len(parts)*len(t.Rows) > mostTableLines {
			notes = append(notes, fmt.Sprintf("The table of the peaks has %d lines at this width: it is in bench_results.md.", len(parts)*len(t.Rows)))
		} else if len(t.Rows) > 0 {
			out.WriteString("\n")
			if t.title != "" {
				paragraph(t.title)
			}
			out.WriteString(strings.Join(each(parts, (*table.Table).Terminal), "\n"))
		}
	}
	for i, note := range append(notes, v.headlineNotes()...) {
		if i == 0 {
			out.WriteString("\n")
		}
		paragraph(note)
	}
	return clip(out.String(), width)
}

// mostTableLines is the largest number of lines of one table in the summary on the
// terminal.
const mostTableLines = 150

// ahead returns the sentences of both pages; a duel's answer stands in both.
func (v *view) ahead() []string {
	var out []string
	for _, s := range v.orNothing(v.standings, v.searchStandings, v.rateStandings) {
		out = appendNew(out, s)
	}
	return out
}

// split returns the table in parts that are no wider than width columns: each has
// the first columns of words and as many others as it can hold, at least one.
func split(t *table.Table, width int) []*table.Table {
	part := func(from, to int) *table.Table {
		pick := func(row []string) []string { return slices.Concat(row[:t.Left], row[from:to]) }
		out := &table.Table{Head: pick(t.Head), Left: t.Left}
		for _, row := range t.Rows {
			out.Add(pick(row)...)
		}
		return out
	}
	var out []*table.Table
	for from := t.Left; from < len(t.Head); {
		to := len(t.Head)
		for to > from+1 && width > 0 && widest(part(from, to).Terminal()) > width {
			to--
		}
		out, from = append(out, part(from, to)), to
	}
	return out
}

// titled is a table with the words above it, if any.
type titled struct {
	title string
	*table.Table
}

// headlineColumn is one figure for every server.
type headlineColumn struct {
	title string
	cells []string
}

func (v *view) headlineColumns() []headlineColumn {
	var out []headlineColumn
	closed := v.closed
	for _, t := range v.Run.Plan.Tables {
		name := v.name(t)
		if t.Closed {
			out = append(out, headlineColumn{name + " " + closed[0].in.unit, v.shortPeaks(closed[0])})
			closed = closed[1:]
		}
		if t.Sweep != nil {
			out = append(out, v.sweepColumn(t, name))
		}
		if t.Objective != nil {
			out = append(out, v.searchColumn(t, name))
		}
	}
	return out
}

// peakTables returns the table of the figures that every server has one of; none
// where the plan asks for no such figure.
func (v *view) peakTables() []titled {
	columns := v.headlineColumns()
	if len(columns) == 0 {
		return nil
	}
	t := &table.Table{Head: []string{"server"}, Left: 1}
	for _, c := range columns {
		t.Head = append(t.Head, c.title)
	}
	for i, s := range v.servers {
		line := []string{s.Name}
		for _, c := range columns {
			line = append(line, c.cells[i])
		}
		t.Add(line...)
	}
	return []titled{{"", t}}
}

// mostOpenLines is the largest number of lines of open loops in the summary on the
// terminal.
const mostOpenLines = 80

// openTables returns one table for each table of the plan that has rates; none where
// they would be too long.
func (v *view) openTables() []titled {
	if v.countOpenLines() > mostOpenLines {
		return nil
	}
	var out []titled
	for _, t := range v.Run.Plan.Tables {
		if len(t.Rates) > 0 {
			out = append(out, v.openLines(t))
		}
	}
	return out
}

// countOpenLines returns the number of lines that the open loops of all servers have.
func (v *view) countOpenLines() (n int) {
	for _, t := range v.Run.Plan.Tables {
		n += len(t.Rates) * len(v.servers)
	}
	return n
}

// openFigures are the latencies in a line of an open loop.
func openFigures(c *cells.Cell) []cells.Statistic {
	return []cells.Statistic{
		c.Statistic(cells.Corrected, metric.P50), c.Statistic(cells.Corrected, metric.P99), c.Statistic(cells.Corrected, metric.P999),
		c.Statistic(cells.SendLag, metric.P99),
	}
}

// openLines returns a line a rate and server: rates and corrected latencies, each
// in one unit, and p99 of the loader's send lag. Servers that do not have the row
// have no line.
func (v *view) openLines(t results.PlanTable) titled {
	out := &table.Table{Head: []string{"rate", "server", "target", "achieved", "p50", "p99", "p99.9", "send lag"}, Left: 2}
	var rows []*openTable
	var all []*cells.Cell
	for _, r := range rateOrder(t.Rates) {
		o := v.openTable(t, r)
		rows, all = append(rows, o), slices.Concat(all, o.cells)
	}
	if !slices.ContainsFunc(all, func(c *cells.Cell) bool { return c.Absent == "" }) {
		return titled{"", out}
	}
	in := rates(v.RateUnit(t), values(slices.Concat(each(all, flow)...))...)
	time := latencyScale(slices.Concat(each(all, openFigures)...))
	for _, o := range rows {
		rate := strings.TrimPrefix(o.rate.PhaseName(), "open ")
		for _, c := range o.cells {
			switch {
			case c.Absent == "":
				line := []string{rate, c.Server.Name, v.median(in, c.Median(cells.TargetRPS)), v.achieved(c, in)}
				out.Add(append(line, each(openFigures(c), func(p cells.Statistic) string { return v.statistic(time, p) })...)...)
			case c.Absent.OfRow():
			default:
				out.Add(rate, c.Server.Name, "", v.drawing.Absent(c.Absent), "", "", "", "")
			}
		}
	}
	return titled{fmt.Sprintf("%s, open loop: rates in %s, corrected latencies and p99 of send lag in %s", v.name(t), in.unit, time.unit), out}
}

func widest(text string) int {
	most := 0
	for line := range strings.Lines(text) {
		most = max(most, displaywidth.String(strings.TrimRight(line, " \n")))
	}
	return most
}

// clip drops spaces at the ends of lines and cuts lines at the width.
func clip(text string, width int) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \n")
		if width > 0 && displaywidth.String(line) > width {
			line = displaywidth.TruncateString(line, width, "…")
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}

// headlineNotes says what sentences and tables cannot: trials that do not count, the
// A/A pair, shared ceilings, and what the marks mean.
func (v *view) headlineNotes() []string {
	var notes []string
	if _, trials := v.voids(); trials > 0 {
		notes = append(notes, "Void and left out: "+results.Counted(trials, "single measurement")+"; the files say why.")
	}
	for _, p := range v.placebos() {
		for _, r := range p.ratios {
			notes = append(notes, fmt.Sprintf("A/A %s, %s: %s", p.name, r.Scenario, ratio(r.Ratio)))
		}
	}
	if n := v.countOpenLines(); n > mostOpenLines {
		notes = append(notes, fmt.Sprintf("The tables of the open loops have %d lines: they are in wrk2_results.md.", n))
	}
	if tool := v.Run.Plan.Loader; tool != "" {
		notes = append(notes, fmt.Sprintf("Load by %s: what its figures are worth stands in the files; joust agree puts it beside joust's own loader.", tool))
	}
	return present(append(notes, v.trustCeiling(), v.shortLegend())...)
}
