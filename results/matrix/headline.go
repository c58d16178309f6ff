package matrix

import (
	"fmt"
	"strings"

	"github.com/clipperhouse/displaywidth"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
)

// Headline is what stands on the terminal at the end of a run: the peaks and,
// where there is one, p99 at the common rate, one row a server. No line is
// wider than width columns; 0 sets no bound.
func Headline(set *cells.Set, width int) string {
	v := newView(set)
	var out strings.Builder
	if s := v.state(); s != "" {
		out.WriteString(oneLine(s) + "\n")
	}
	columns := v.headlineColumns()
	for len(columns) > 0 {
		n := fitting(v, columns, width)
		t := v.headlineTable(columns[:n])
		out.WriteString(t.terminal())
		columns = columns[n:]
	}
	for _, note := range v.headlineNotes() {
		out.WriteString(oneLine(note) + "\n")
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
	several := len(v.protocols()) > 1
	for _, t := range v.Run.Plan.Tables {
		name := t.Scenario
		if several {
			name += " " + t.Protocol
		}
		if t.Closed {
			row := v.peakRow(t)
			unit := row[0][len(t.Scenario)+len(", "):]
			out = append(out, headlineColumn{name + " " + unit, row[1 : 1+len(v.columns)]})
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

// commonColumn is the corrected p99 of each server at the common rate.
func (v *view) commonColumn(t results.PlanTable, r results.PlanRate, name string) headlineColumn {
	values := make([]cells.Percentile, len(v.columns))
	out := headlineColumn{cells: make([]string, len(v.columns))}
	for i, s := range v.columns {
		c := v.Open(t, s, r)
		values[i] = v.percentile(&c, cells.Corrected, cells.P99)
		if c.Absent != "" {
			out.cells[i] = absent(c.Absent)
		}
	}
	in := latencyScale(values)
	for i := range values {
		if out.cells[i] == "" {
			out.cells[i] = marked(values[i], in)
		}
	}
	out.title = name + " p99 at the common rate, " + in.unit
	return out
}

func (v *view) headlineTable(columns []headlineColumn) *table {
	t := &table{head: []string{"server"}, left: 1}
	for _, c := range columns {
		t.head = append(t.head, c.title)
	}
	for i, s := range v.columns {
		row := []string{s.Name}
		for _, c := range columns {
			row = append(row, c.cells[i])
		}
		t.add(row...)
	}
	return t
}

// fitting is how many columns a table of the width can hold, at least one.
func fitting(v *view, columns []headlineColumn, width int) int {
	if width <= 0 {
		return len(columns)
	}
	for n := len(columns); n > 1; n-- {
		if widest(v.headlineTable(columns[:n]).terminal()) <= width {
			return n
		}
	}
	return 1
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

// headlineClaims says in which tables nothing may be claimed yet, and which
// share a ceiling.
func (v *view) headlineClaims() []string {
	var notes []string
	for _, t := range v.Run.Plan.Tables {
		if !t.Closed {
			continue
		}
		if s := v.peakContest(t, v.closedCells(t)).shortage(); s != "" {
			notes = append(notes, t.Scenario+": "+s)
		}
	}
	if s := v.trustCeiling(); s != "" {
		notes = append(notes, s)
	}
	return notes
}

// headlineNotes says what the table cannot: void cells, the A/A pair.
func (v *view) headlineNotes() []string {
	var notes []string
	voids, trials := v.voids()
	if voids > 0 {
		notes = append(notes, plural(voids, "cell")+" void as a whole: the files say why.")
	}
	if trials > 0 {
		notes = append(notes, fmt.Sprintf("Void in %s and left out: the files say why.", plural(trials, "single measurement")))
	}
	for _, s := range v.Run.Servers {
		original := v.Run.Server(s.PlaceboOf)
		if s.PlaceboOf == "" || original == nil {
			continue
		}
		for _, t := range v.Run.Plan.Tables {
			if r, n := v.placeboRatio(t, s, *original); n > 0 {
				notes = append(notes, fmt.Sprintf("A/A %s ÷ %s, %s: %s", s.Name, original.Name, t.Scenario, ratio(r)))
			}
		}
	}
	if tool := v.Run.Plan.Loader; tool != "" {
		notes = append(notes, fmt.Sprintf("Load by %s: what its figures are worth stands in the files; joust agree puts it beside joust's own loader.", tool))
	}
	notes = append(notes, v.headlineClaims()...)
	return append(notes, "≥ loader-limited, x … y both full, ? unknown, † shared CPUs; [95 % interval] (range).")
}
