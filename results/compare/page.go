package compare

import (
	"fmt"
	"strings"

	"github.com/joust-bench/joust/results/table"
)

// page is a rendering in the making.
type page struct {
	strings.Builder
	// title and item are the formats of a list's title and of its items.
	title, item string
	clean       func(string) string
	// width is the number of columns at which prose breaks; 0 for no break.
	width int
}

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// prose writes a paragraph.
func (p *page) prose(text string) { p.line("%s", table.Wrap(text, p.width, "")) }

func (p *page) items(list []string) {
	for _, item := range list {
		// Two columns are for the indent before an item.
		p.line(p.item, table.Wrap(p.clean(item), max(0, p.width-2), "    "))
	}
}

func (p *page) list(title string, items []string) {
	if len(items) > 0 {
		p.line(p.title, title)
		p.items(items)
	}
}

// Text renders the comparison for a terminal, no wider than width columns where
// its names allow; 0 sets no bound.
func (c *Comparison) Text(gates []Gate, width int) string {
	p := &page{title: "\n%s:", item: "  %s", clean: table.OneLine, width: width}
	l := c.fitting(width)
	p.prose("old  " + p.clean(c.Old.text()))
	p.prose("new  " + p.clean(c.New.text()))
	if len(c.Partial) > 0 {
		p.line("\nPARTIAL: no gate is evaluated")
		p.items(c.Partial)
	}
	p.list("Differences besides what was measured", c.Differences)
	for _, families := range c.tables() {
		p.line("\n%s", p.clean(families[0].table()))
		for i := range families {
			f := &families[i]
			p.line("\n%s", f.title())
			p.terminal(f.drawn(l))
			if l.brief {
				p.items(f.reasons())
			}
		}
		if text := detectable(families); text != "" {
			p.line("")
			p.prose(text)
		}
	}
	p.list("Moved together", c.Drift)
	p.list("Void trials", c.voids())
	p.list("Not compared", c.NotCompared)
	p.list("Unreadable", c.Problems)
	p.line("")
	p.prose(c.legend(l))
	p.prose(driftNote)
	p.line("\n%s", c.heading())
	p.items(c.calls())
	for _, g := range gates {
		p.line("\n%s: %s", p.clean(g.Threshold.Text), g.Outcome)
		p.items(g.Reasons)
	}
	return p.String()
}

// terminal writes a table without spaces at the ends of its lines.
func (p *page) terminal(t *table.Table) {
	for line := range strings.Lines(t.Terminal()) {
		p.line("%s", strings.TrimRight(line, " \n"))
	}
}

// Markdown renders the comparison for a pull request, with its tables folded.
func (c *Comparison) Markdown(gates []Gate) string {
	p := &page{title: "\n**%s**\n", item: "- %s", clean: table.Escape}
	l := c.fitting(0)
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
		p.folded(families, l)
	}
	p.line("\n%s %s", c.legend(l), driftNote)
	return p.String()
}

// folded writes the families of a table, folded under its name.
func (p *page) folded(families []Family, l look) {
	p.line("\n<details><summary>%s</summary>", p.clean(families[0].table()))
	for i := range families {
		p.line("\n%s\n", p.clean(families[i].title()))
		p.WriteString(families[i].drawn(l).Markdown())
	}
	if text := detectable(families); text != "" {
		p.line("\n%s", text)
	}
	p.line("\n</details>")
}
