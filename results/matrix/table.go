package matrix

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// table is a table before it is drawn. Its cells are plain text: drawing
// escapes them.
type table struct {
	head []string
	rows [][]string
	// left is how many of the first columns are words and aligned left.
	left int
	// wordsLast aligns the last column left as well.
	wordsLast bool
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// markdown draws the table for a file.
func (t *table) markdown() string {
	return t.draw(renderer.NewMarkdown(), escape)
}

// terminal draws the table for a terminal: columns apart, one line under the
// head.
func (t *table) terminal() string {
	look := tw.Rendition{
		Borders: tw.BorderNone,
		Symbols: tw.NewSymbols(tw.StyleLight),
		Settings: tw.Settings{
			Separators: tw.Separators{BetweenColumns: tw.Off, BetweenRows: tw.Off},
			Lines:      tw.Lines{ShowHeaderLine: tw.On, ShowTop: tw.Off, ShowBottom: tw.Off},
		},
	}
	return t.draw(renderer.NewBlueprint(look), oneLine)
}

func (t *table) draw(r tw.Renderer, clean func(string) string) string {
	var out strings.Builder
	w := tablewriter.NewTable(&out,
		tablewriter.WithRenderer(r),
		// Widths must not depend on the reader's locale.
		tablewriter.WithEastAsian(tw.Off),
		// Else "req/s" becomes "REQ / S", and long cells break in two.
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAlignmentConfig(tw.CellAlignment{PerColumn: t.alignment()}),
		tablewriter.WithRowAlignmentConfig(tw.CellAlignment{PerColumn: t.alignment()}),
	)
	w.Header(each(t.head, clean))
	for _, row := range t.rows {
		if err := w.Append(each(row, clean)); err != nil {
			return fmt.Sprintf("(a table could not be drawn: %s)\n", oneLine(err.Error()))
		}
	}
	if err := w.Render(); err != nil {
		return fmt.Sprintf("(a table could not be drawn: %s)\n", oneLine(err.Error()))
	}
	return out.String()
}

func (t *table) alignment() []tw.Align {
	out := make([]tw.Align, len(t.head))
	for i := range out {
		out[i] = tw.AlignRight
		if i < t.left || (t.wordsLast && i == len(out)-1) {
			out[i] = tw.AlignLeft
		}
	}
	return out
}

func each(cells []string, f func(string) string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = f(c)
	}
	return out
}

// escape makes text of any origin safe in a markdown cell or line: no new
// cell, no HTML, no code span, no new line.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `|`, `\|`, `<`, `\<`, "`", "\\`").Replace(oneLine(s))
}

// oneLine replaces line breaks and control characters, which would break a
// table or steer a terminal, by spaces, and what is no UTF-8 by U+FFFD.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		// U+2028 and U+2029 break lines too; format characters (Cf) can turn
		// the direction of a line.
		if unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Cf) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
