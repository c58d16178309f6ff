package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/clipperhouse/displaywidth"

	"github.com/joust-bench/joust/results/table"
)

const (
	// columnGap is the number of spaces between columns, and before the first.
	columnGap = 2
	// narrowest is the least width of a column whose texts are broken.
	narrowest = 12
)

// listing is a list of rows and lines on a terminal. Rows that follow each other have
// their columns in common.
type listing struct {
	// width is the number of columns of the terminal, 0 for no bound.
	width int

	text strings.Builder
	rows [][]string
}

// row adds a row. Anybody may have written its texts: none of them moves the
// terminal's cursor or begins another column.
func (l *listing) row(texts ...string) {
	for i, text := range texts {
		texts[i] = table.OneLine(text)
	}
	l.rows = append(l.rows, texts)
}

// line adds a line between rows.
func (l *listing) line(text string) {
	l.flush()
	l.text.WriteString(table.Wrap(text, l.width, strings.Repeat(" ", columnGap)) + "\n")
}

// print writes the list.
func (l *listing) print(w io.Writer) error {
	l.flush()
	if _, err := io.WriteString(w, l.text.String()); err != nil {
		return fmt.Errorf("printing the list: %w", err)
	}
	return nil
}

// flush draws the rows that wait for their columns' widths.
func (l *listing) flush() {
	widths := l.widths()
	for _, row := range l.rows {
		l.draw(row, widths)
	}
	l.rows = nil
}

// widths returns the columns' widths. Where the terminal is narrower than the longest
// texts together, the widest columns become narrower, and their texts are broken.
func (l *listing) widths() []int {
	var widths []int
	all := 0
	for _, row := range l.rows {
		for i, text := range row {
			if i == len(widths) {
				widths = append(widths, 0)
				all += columnGap
			}
			if more := displaywidth.String(text) - widths[i]; more > 0 {
				widths[i] += more
				all += more
			}
		}
	}
	for ; l.width > 0 && all > l.width; all-- {
		widest := 0
		for i, width := range widths {
			if width > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= narrowest {
			break
		}
		widths[widest]--
	}
	return widths
}

// draw writes a row, on as many lines as its longest text needs.
func (l *listing) draw(row []string, widths []int) {
	cells := make([][]string, len(row))
	lines := 0
	for i, text := range row {
		cells[i] = strings.Split(table.Wrap(text, widths[i], ""), "\n")
		lines = max(lines, len(cells[i]))
	}
	for n := range lines {
		line := ""
		for i, cell := range cells {
			text := ""
			if n < len(cell) {
				text = cell[n]
			}
			line += strings.Repeat(" ", columnGap) + text + strings.Repeat(" ", max(0, widths[i]-displaywidth.String(text)))
		}
		l.text.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}
