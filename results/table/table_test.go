package table_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/results/table"
)

// Whatever stands in a cell, each row keeps its cells and stays on one line.
func TestMarkdownKeepsItsCells(t *testing.T) {
	t.Parallel()
	hostile := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.RuneFrom([]rune("|\\<`\n\r\u2028\x1b ab")), 0, 12, -1))
	rapid.Check(t, func(rt *rapid.T) {
		columns := rapid.IntRange(1, 5).Draw(rt, "columns")
		rows := rapid.IntRange(1, 4).Draw(rt, "rows")
		row := func() []string { return rapid.SliceOfN(hostile, columns, columns).Draw(rt, "row") }
		tab := &table.Table{Head: row(), Left: 1}
		for range rows {
			tab.Add(row()...)
		}
		out := tab.Markdown()
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		if len(lines) != rows+2 {
			rt.Fatalf("%d lines for a head, a rule and %d rows:\n%s", len(lines), rows, out)
		}
		for _, line := range lines {
			// One cell before the first pipe and one after the last: empty.
			if got := len(golden.Cells(line)); got != columns+2 {
				rt.Fatalf("%d cells in %q, want %d", got-2, line, columns)
			}
		}
	})
}

func TestEscape(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a|b": `a\|b`, `a\`: `a\\`, `\|`: `\\\|`, "<b>": `\<b>`, "x\ny\r\nz": "x y  z", "`code`": "\\`code\\`",
		"\x1b[31mred": " [31mred", "\u202eturned": " turned", "bad\xff": "bad\ufffd", "multi_request_body": "multi_request_body",
	} {
		if got := table.Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestDigits(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{
		0: "0", 0.0001: "< 0.001", 0.0123: "0.012", 0.9996: "1.00", 1.234: "1.23", 9.996: "10.0", 12.34: "12.3", 99.96: "100",
		307.4: "307", 1020: "1\u202f020", 1234567: "1\u202f234\u202f567", 999.6: "1\u202f000", -1234: "-1\u202f234",
	} {
		if got := table.Digits(v); got != want {
			t.Errorf("Digits(%v) = %q, want %q", v, got, want)
		}
	}
}
