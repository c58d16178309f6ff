package summary

import (
	"slices"
	"strings"

	"github.com/joust-bench/joust/results/table"
)

// page is the result of one load for documents: the words of the text, in tables.
type page struct {
	Title, Asked string
	// Items are the lines with a name; those that go on with the one before have none.
	Items []item
	// Latencies has a column for each distribution; nil where nothing was measured.
	Latencies *table.Table
	// About says what the latencies are, Legend explains their marks.
	About  string
	Legend []string
	// Blocks are parts of the text that keep its form.
	Blocks []string
	// Thresholds is nil where none were asked for.
	Thresholds *table.Table
	Notes      []string
}

// item is a line with a name.
type item struct{ Name, Text string }

// page returns the page of a load.
func (l *load) page(title string) (*page, error) {
	t := newSummary(l)
	t.items = &[]item{}
	p := &page{Title: title, Asked: t.asked(), Notes: t.notes(), Thresholds: t.gateTable()}
	if t.phase == nil {
		return p, nil
	}
	t.counts()
	t.uploads()
	t.redirects()
	t.data()
	t.failures()
	if err := t.setUp(); err != nil {
		return nil, err
	}
	t.loader()
	p.Items = *t.items
	p.About = t.about()
	if len(t.all) > 0 {
		p.Latencies = t.latencyTable(t.all)
	}
	p.Legend = t.explanations()
	return p, l.blocks(p)
}

// blocks adds the parts of the text that keep their form.
func (l *load) blocks(p *page) error {
	for _, print := range []func(*summary) error{
		(*summary).breakdown, (*summary).flows, (*summary).groups, func(t *summary) error { t.hosts(); return nil }, (*summary).course, func(t *summary) error { t.slowest(); return nil },
	} {
		t := newSummary(l)
		if err := print(t); err != nil {
			return err
		}
		if text := strings.Trim(t.String(), "\n"); text != "" {
			p.Blocks = append(p.Blocks, text)
		}
	}
	if s := l.report.Script; s != nil && s.Output != "" {
		p.Blocks = append(p.Blocks, strings.Trim(s.Output, "\n"))
	}
	return nil
}

// gateTable returns the outcomes of thresholds; nil for none.
func (t *summary) gateTable() *table.Table {
	all := t.thresholds()
	if len(all) == 0 {
		return nil
	}
	out := &table.Table{Head: []string{"threshold", "value", "outcome", "why"}, Left: 1, WordsLast: true}
	for _, g := range all {
		value := "—"
		if g.Value != nil {
			value = inUnit(g.Unit, *g.Value)
		}
		out.Add(g.Text, value, string(g.Outcome), g.Why)
	}
	return out
}

// notes returns the sentences that limit belief in the numbers, each with its kind.
// Failures have lines of their own, so here they stand only where they explain a void
// load.
func (t *summary) notes() []string {
	var list []string
	for _, r := range reasons(t.report, t.verdict) {
		switch {
		case r.Voids:
			list = append(list, "void: "+r.Text)
		case t.verdict.Valid && (r.Code == "errors" || r.Code == "connection-errors"):
		default:
			list = append(list, "note: "+r.Text)
		}
	}
	for _, w := range slices.Concat(neighbours(t.report), t.report.Warnings) {
		list = append(list, "note: "+w)
	}
	return list
}
