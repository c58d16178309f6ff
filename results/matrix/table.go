package matrix

import (
	"github.com/joust-bench/joust/results/cells"
	tables "github.com/joust-bench/joust/results/table"
)

// table is a table before it is drawn.
type table struct {
	head []string
	rows [][]string
	// left and wordsLast are as in table.Table.
	left      int
	wordsLast bool
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) drawn() *tables.Table {
	return &tables.Table{Head: t.head, Rows: t.rows, Left: t.left, WordsLast: t.wordsLast}
}

// absent appends the row of a cell that has no value.
func (t *table) absent(c *cells.Cell) {
	row := make([]string, len(t.head))
	row[0], row[1] = c.Server.Name, absent(c.Absent)
	t.add(row...)
}

// markdown draws the table for a file.
func (t *table) markdown() string { return t.drawn().Markdown() }

// terminal draws the table for a terminal.
func (t *table) terminal() string { return t.drawn().Terminal() }

func each(cells []string, f func(string) string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = f(c)
	}
	return out
}

func escape(s string) string  { return tables.Escape(s) }
func oneLine(s string) string { return tables.OneLine(s) }
