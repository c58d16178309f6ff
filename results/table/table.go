// Package table draws the tables of every text that joust writes: markdown for
// files and pull requests, aligned columns for terminals. Cells are plain text
// of any origin; drawing makes them safe. The package also prints the numbers
// that tables share.
package table

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// Table is a table before it is drawn.
type Table struct {
	Head []string
	Rows [][]string
	// Left is the number of first columns that are words, aligned left.
	Left int
	// WordsLast aligns the last column left as well.
	WordsLast bool
}

// Add appends a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// Markdown draws the table for a file.
func (t *Table) Markdown() string {
	return t.draw(renderer.NewMarkdown(), Escape)
}

// Terminal draws the table for a terminal: spaces between columns, one line under
// the head.
func (t *Table) Terminal() string {
	look := tw.Rendition{
		Borders: tw.BorderNone,
		Symbols: tw.NewSymbols(tw.StyleLight),
		Settings: tw.Settings{
			Separators: tw.Separators{BetweenColumns: tw.Off, BetweenRows: tw.Off},
			Lines:      tw.Lines{ShowHeaderLine: tw.On, ShowTop: tw.Off, ShowBottom: tw.Off},
		},
	}
	return t.draw(renderer.NewBlueprint(look), OneLine)
}

func (t *Table) draw(r tw.Renderer, clean func(string) string) string {
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
	w.Header(each(t.Head, clean))
	var err error
	for _, row := range t.Rows {
		err = errors.Join(err, w.Append(each(row, clean)))
	}
	if err := errors.Join(err, w.Render()); err != nil {
		return fmt.Sprintf("(a table could not be drawn: %s)\n", OneLine(err.Error()))
	}
	return out.String()
}

func (t *Table) alignment() []tw.Align {
	out := make([]tw.Align, len(t.Head))
	for i := range out {
		out[i] = tw.AlignRight
		if i < t.Left || (t.WordsLast && i == len(out)-1) {
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

// Escape makes text of any origin safe in a markdown cell or line: no new
// cell, no HTML, no code span, no new line.
func Escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `|`, `\|`, `<`, `\<`, "`", "\\`").Replace(OneLine(s))
}

// OneLine replaces line breaks and control characters, which would break a
// table or steer a terminal, by spaces, and bytes that are no UTF-8 by U+FFFD.
func OneLine(s string) string {
	return strings.Map(func(r rune) rune {
		// U+2028 and U+2029 break lines too; format characters (Cf) can turn
		// the direction of a line.
		if unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Cf) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// Thin is a narrow space at which no line breaks.
const Thin = "\u202f"

// Digits prints three significant digits or, from 1000 on, whole numbers in
// groups of three.
func Digits(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "—"
	case a == 0:
		return "0"
	case a < 0.0005:
		return "< 0.001"
	case a < 0.9995:
		return strconv.FormatFloat(v, 'f', 3, 64)
	case a < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case a < 99.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return Grouped(strconv.FormatFloat(v, 'f', 0, 64))
}

// Grouped prints the digits of a whole number in groups of three.
func Grouped(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + Thin + s[i:]
	}
	return sign + s
}
