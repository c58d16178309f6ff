package matrix

import (
	"fmt"

	"github.com/joust-bench/joust/results"
)

// VoidCells names every cell that was measured and has no valid trial, with the
// reason, in the order of the plan. Cells that are unsupported, not installed
// or not attempted are none of them.
func VoidCells(run results.Run) []string {
	v := newView(run)
	var list []string
	for _, t := range run.Plan.Tables {
		for _, s := range run.Servers {
			for _, step := range append(v.closedSteps(t), v.openSteps(t)...) {
				c := v.cell(t, s, step.name, step.find)
				if len(c.valid) == 0 && c.absent == void {
					list = append(list, fmt.Sprintf("%s %s %s: %s", s.Name, t.Scenario, step.name, c.why))
				}
			}
			if why := v.voidHunt(t, s); why != "" {
				list = append(list, fmt.Sprintf("%s %s highest rate: %s", s.Name, t.Scenario, why))
			}
		}
	}
	return list
}
