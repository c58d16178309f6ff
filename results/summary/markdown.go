package summary

import (
	"fmt"
	"io"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/table"
)

// Markdown writes the result for an issue or a pull request. A damaged histogram is an
// error.
func Markdown(w io.Writer, title string, r *results.Report, o Options) error {
	o.Width = 0
	l, err := read(r, o)
	if err != nil {
		return err
	}
	p, err := l.page(title)
	if err != nil {
		return err
	}
	t := newSummary(l)
	if l.phase != nil {
		if err := t.pictures(); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(w, o.spelled(p.markdown(strings.Trim(t.String(), "\n")))); err != nil {
		return fmt.Errorf("writing the result as markdown: %w", err)
	}
	return nil
}

// markdown returns the page with the pictures, which are a text.
func (p *page) markdown(pictures string) string {
	var out strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	line("### %s\n\n%s", table.Escape(p.Title), table.Escape(p.Asked))
	if len(p.Items) > 0 {
		items := &table.Table{Head: []string{"", ""}, Left: 2}
		for _, i := range p.Items {
			items.Add(i.Name, i.Text)
		}
		line("\n%s", strings.TrimRight(items.Markdown(), "\n"))
	}
	if p.About != "" {
		line("\n%s", table.Escape(p.About))
	}
	if p.Latencies != nil {
		line("\n%s", strings.TrimRight(p.Latencies.Markdown(), "\n"))
	}
	p.list(&out, p.Legend)
	for _, block := range append([]string{pictures}, p.Blocks...) {
		if block != "" {
			line("\n%s", fenced(block))
		}
	}
	if p.Thresholds != nil {
		line("\n%s", strings.TrimRight(p.Thresholds.Markdown(), "\n"))
	}
	p.list(&out, p.Notes)
	return out.String()
}

// list writes a list of sentences.
func (p *page) list(out *strings.Builder, sentences []string) {
	if len(sentences) > 0 {
		out.WriteString("\n")
	}
	for _, s := range sentences {
		out.WriteString("- " + strings.ReplaceAll(table.Escape(s), "*", `\*`) + "\n")
	}
}

// fenced returns a text that markdown shows as it is.
func fenced(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "\n" + text + "\n" + fence
}
