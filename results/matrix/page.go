package matrix

import (
	"fmt"
	"html"
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

// byScenario returns a table of one line a closed loop and one column a server; all
// of its values have the unit.
func (v *view) byScenario(unit string, tables []closedTable, line func(closedTable) []string) *table.Table {
	if len(tables) == 0 {
		return &table.Table{}
	}
	out := &table.Table{Head: append(v.names("scenario, "+unit), v.mark(cells.NoiseColumn), v.mark(cells.DetectableColumn)), Left: 1}
	for _, t := range tables {
		out.Add(append([]string{t.Scenario}, line(t)...)...)
	}
	return out
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
