package matrix

import (
	"fmt"

	"github.com/joust-bench/joust/results/cells"
)

// VoidCells names every cell that was measured and has no valid trial, with the
// reason, in the order of the plan. Cells that are unsupported, not installed
// or not attempted are none of them.
func VoidCells(set *cells.Set) []string {
	v := newView(set)
	var list []string
	for _, t := range v.Run.Plan.Tables {
		for _, s := range v.Run.Servers {
			for _, step := range append(v.closedSteps(t), v.openSteps(t)...) {
				if c := step.cell(s); c.Absent == cells.Void {
					list = append(list, fmt.Sprintf("%s %s %s: %s", s.Name, t.Scenario, step.name, c.Why))
				}
			}
			if why := v.voidSearch(t, s); why != "" {
				list = append(list, fmt.Sprintf("%s %s highest rate: %s", s.Name, t.Scenario, why))
			}
		}
	}
	return list
}
