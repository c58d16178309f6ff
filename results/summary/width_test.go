package summary_test

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/results/summary"
	"github.com/joust-bench/joust/results/table"
)

// A text that is wider than the terminal is broken, its table between columns. All of
// its words stay.
func TestTextFitsTheTerminal(t *testing.T) {
	t.Parallel()
	r := report(t, saturated(t))
	texts := map[int]string{}
	for _, width := range []int{0, 50, 80} {
		var out strings.Builder
		if err := summary.Text(&out, "GET http://127.0.0.1:8080/", &r, summary.Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		texts[width] = out.String()
		if n := table.Widest(out.String()); width > 0 && n > width {
			t.Errorf("a line has %d columns of %d:\n%s", n, width, out.String())
		}
	}
	if wide, narrow := texts[0], texts[50]; strings.Count(wide, "  samples ") != 1 || strings.Count(narrow, "  samples ") < 2 {
		t.Errorf("tables are not broken between columns:\n%s", narrow)
	}
	for _, word := range strings.Fields(texts[0]) {
		if !strings.Contains(texts[50], word) {
			t.Errorf("%q is missing in\n%s", word, texts[50])
		}
	}
}
