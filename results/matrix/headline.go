package matrix

import (
	"fmt"
	"strings"

	"github.com/clipperhouse/displaywidth"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/table"
)

// Headline returns the summary for the terminal at the end of a run: the peaks
// and, where there is one, p99 at the common rate, one line a server. No line is
// wider than width columns; 0 sets no bound.
func Headline(set *cells.Set, width int) string {
	v := newView(set)
	var out strings.Builder
	if s := v.state(); s != "" {
		out.WriteString(table.OneLine(s) + "\n")
	}
	columns := v.headlineColumns()
	for len(columns) > 0 {
		n := len(columns)
		text := v.headlineTable(columns)
		for ; n > 1 && width > 0 && widest(text) > width; n-- {
			text = v.headlineTable(columns[:n-1])
		}
		out.WriteString(text)
		columns = columns[n:]
	}
	for _, note := range v.headlineNotes() {
		out.WriteString(table.OneLine(note) + "\n")
	}
	return clip(out.String(), width)
}

// headlineColumn is one figure for every server.
type headlineColumn struct {
	title string
	cells []string
}

func (v *view) headlineColumns() []headlineColumn {
	var out []headlineColumn
	closed := v.closed
	several := len(v.protocols()) > 1
	for _, t := range v.Run.Plan.Tables {
		name := t.Scenario
		if several {
			name += " " + t.Protocol
		}
		if t.Closed {
			out = append(out, headlineColumn{name + " " + closed[0].in.unit, closed[0].peakTexts()})
			closed = closed[1:]
		}
		if t.Sweep != nil {
			out = append(out, v.sweepColumn(t, name))
		}
		if t.Objective != nil {
			out = append(out, v.searchColumn(t, name))
		}
		for _, r := range t.Rates {
			if r.Kind == results.RateCommon {
				out = append(out, v.commonColumn(t, r, name))
			}
		}
	}
	return out
}

// commonColumn returns the corrected p99 of each server at the common rate.
func (v *view) commonColumn(t results.PlanTable, r results.PlanRate, name string) headlineColumn {
	list := v.columns(func(s results.Server) cells.Cell { return v.Open(t, s, r) })
	p99 := func(c *cells.Cell) cells.Statistic { return c.Statistic(cells.Corrected, metric.P99) }
	in := latencyScale(each(list, p99))
	return headlineColumn{name + " p99 at the common rate, " + in.unit, texts(list, func(_ int, c *cells.Cell) string { return in.statistic(p99(c)) })}
}

func (v *view) headlineTable(columns []headlineColumn) string {
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
	return t.Terminal()
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

// headlineNotes says what the table cannot: void cells, the A/A pair, tables
// without claims, shared ceilings.
func (v *view) headlineNotes() []string {
	var notes []string
	voids, trials := v.voids()
	if voids > 0 {
		notes = append(notes, plural(voids, "cell")+" void as a whole: the files say why.")
	}
	if trials > 0 {
		notes = append(notes, fmt.Sprintf("Void in %s and left out: the files say why.", plural(trials, "single measurement")))
	}
	for _, p := range v.placebos() {
		for _, r := range p.ratios {
			notes = append(notes, fmt.Sprintf("A/A %s, %s: %s", p.name, r.Scenario, ratio(r.Ratio)))
		}
	}
	if tool := v.Run.Plan.Loader; tool != "" {
		notes = append(notes, fmt.Sprintf("Load by %s: what its figures are worth stands in the files; joust agree puts it beside joust's own loader.", tool))
	}
	for _, t := range v.closed {
		notes = append(notes, enclose(t.Scenario+": ", t.peaks.shortage(), ""))
	}
	return present(append(notes, v.trustCeiling(), "≥ loader-limited, x … y both full, ? unknown, † shared CPUs; [95 % interval] (range).")...)
}
