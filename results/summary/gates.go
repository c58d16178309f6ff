package summary

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// gates prints a table of the thresholds.
func (t *summary) gates() {
	all := t.gateTable()
	if all == nil {
		return
	}
	t.line("")
	w := tabwriter.NewWriter(t, 0, 8, 3, ' ', 0)
	row := func(name string, cells ...string) {
		// Writing to a strings.Builder does not fail.
		_, _ = fmt.Fprintf(w, "  %-12s%s\n", name, strings.Join(cells, "\t"))
	}
	row("thresholds", "bound", "value", "outcome")
	for _, cells := range all.Rows {
		bound, value, outcome, why := cells[0], cells[1], cells[2], cells[3]
		if why != "" {
			outcome += ": " + why
		}
		row("", bound, value, outcome)
	}
	_ = w.Flush()
}
