package matrix

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/table"
)

// page is a markdown file that grows from above. A part without content writes
// nothing, not even its heading.
type page struct{ strings.Builder }

// line writes a line; values of any origin must be escaped in it.
func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.Builder, format+"\n", args...) }

// heading writes a heading, which it makes safe, and a caption as it is.
func (p *page) heading(text, caption string) {
	p.line("\n%s\n", table.Escape(text))
	if caption != "" {
		p.line("%s\n", caption)
	}
}

// section writes a heading, a caption and a table.
func (p *page) section(heading, caption string, t *table.Table) {
	if len(t.Rows) > 0 {
		p.heading(heading, caption)
		p.WriteString(t.Markdown())
	}
}

// sections writes a heading, a caption and tables one after the other.
func (p *page) sections(heading, caption string, tables []*table.Table) {
	for i, t := range tables {
		if i == 0 {
			p.heading(heading, caption)
		} else {
			p.line("")
		}
		p.WriteString(t.Markdown())
	}
}

// after writes a line beneath a table.
func (p *page) after(text string) {
	if text != "" {
		p.line("\n%s", text)
	}
}

// list writes a heading, a caption and items, which it makes safe.
func (p *page) list(heading, caption string, items []string) {
	if len(items) > 0 {
		p.heading(heading, caption)
		p.items(each(items, table.Escape))
	}
}

// items writes items as they are.
func (p *page) items(items []string) {
	for _, item := range items {
		p.line("- %s", item)
	}
}

// fold writes a part that stays closed until a reader opens it. It makes the
// summary safe.
func (p *page) fold(summary string, write func(*page)) {
	inner := &page{}
	write(inner)
	if inner.Len() > 0 {
		p.line("\n<details>\n<summary>%s</summary>\n%s\n</details>", html.EscapeString(table.OneLine(summary)), inner.String())
	}
}

// byServer returns a table of one line a cell that has a value: its server and its
// figures.
func (v *view) byServer(head []string, list []*cells.Cell, figures func(i int, c *cells.Cell) []string) *table.Table {
	out := &table.Table{Head: append([]string{"server"}, head...), Left: 1}
	for i, c := range list {
		if c.Absent == "" {
			out.Add(append([]string{c.Server.Name}, figures(i, c)...)...)
		}
	}
	return out
}

// everyServer returns a table of one line a cell. Where the cell has no value, the
// reason stands in place of its figures.
func (v *view) everyServer(head []string, list []*cells.Cell, figures func(i int, c *cells.Cell) []string) *table.Table {
	out := &table.Table{Head: append([]string{"server"}, head...), Left: 1}
	for i, c := range list {
		line := make([]string, len(head))
		if c.Absent == "" {
			line = figures(i, c)
		} else {
			line[0] = v.drawing.Absent(c.Absent)
		}
		out.Add(append([]string{c.Server.Name}, line...)...)
	}
	return out
}

// line is one line of a table of scenarios: a text for each server, and figures of the
// whole line.
type line struct {
	title string
	cells []string
	noise []string
}

// noiseHead returns the heads of the noise band and of the smallest detectable
// difference.
func (v *view) noiseHead() []string {
	return []string{v.mark(cells.NoiseColumn), v.mark(cells.DetectableColumn)}
}

const (
	// mostColumns is the largest number of servers that have columns. More of them
	// have lines, and scenarios columns, since people read down and not to the side.
	mostColumns = 8
	// blockColumns is the number of scenarios in one block of such a table.
	blockColumns = 5
)

// byScenario returns the lines as a table of one line a scenario and one column a
// server. Many servers have a line each instead, in blocks of a few scenarios.
func (v *view) byScenario(first string, noise []string, lines []line) []*table.Table {
	if len(lines) == 0 {
		return nil
	}
	if len(v.servers) <= mostColumns {
		out := &table.Table{Head: append(v.names(first), noise...), Left: 1}
		for _, l := range lines {
			out.Add(slices.Concat([]string{l.title}, l.cells, l.noise)...)
		}
		return []*table.Table{out}
	}
	return each(slices.Collect(slices.Chunk(lines, blockColumns)), func(block []line) *table.Table {
		out := &table.Table{Head: append([]string{strings.Replace(first, "scenario", "server", 1)}, each(block, func(l line) string { return l.title })...), Left: 1}
		for i, s := range v.servers {
			out.Add(append([]string{s.Name}, each(block, func(l line) string { return l.cells[i] })...)...)
		}
		for i, name := range noise {
			out.Add(append([]string{name}, each(block, func(l line) string { return l.noise[i] })...)...)
		}
		return out
	})
}

// texts returns the text of each cell, or the reason for its absence.
func (v *view) texts(list []*cells.Cell, text func(i int, c *cells.Cell) string) []string {
	out := make([]string, len(list))
	for i, c := range list {
		if c.Absent != "" {
			out[i] = v.drawing.Absent(c.Absent)
		} else {
			out[i] = text(i, c)
		}
	}
	return out
}

// names returns the heads of the columns: the first, then the servers.
func (v *view) names(first string) []string {
	out := []string{first}
	for _, s := range v.servers {
		out = append(out, s.Name)
	}
	return out
}
