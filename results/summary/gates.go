package summary

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// gates prints a table of the thresholds.
func (t *summary) gates() {
	all := t.thresholds()
	if len(all) == 0 {
		return
	}
	t.line("")
	w := tabwriter.NewWriter(t, 0, 8, 3, ' ', 0)
	row := func(name string, cells ...string) {
		// Writing to a strings.Builder does not fail.
		_, _ = fmt.Fprintf(w, "  %-12s%s\n", name, strings.Join(cells, "\t"))
	}
	row("thresholds", "bound", "value", "outcome")
	for _, g := range all {
		value, outcome := "—", string(g.Outcome)
		if g.Value != nil {
			value = inUnit(g.Unit, *g.Value)
		}
		if g.Why != "" {
			outcome += ": " + g.Why
		}
		row("", g.Text, value, outcome)
	}
	_ = w.Flush()
}
