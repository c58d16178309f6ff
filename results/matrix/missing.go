package matrix

import (
	"fmt"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
)

// step is one phase of a ladder as tables ask for it.
type step struct {
	name string
	cell func(results.Server) cells.Cell
}

// closedSteps is the closed-loop phase, where the table has one.
func (v *view) closedSteps(t results.PlanTable) []step {
	if !t.Closed {
		return nil
	}
	return []step{{results.PhaseClosed, func(s results.Server) cells.Cell { return v.Closed(t, s) }}}
}

// openSteps are the open-loop phases: those at one rate for all servers
// first.
func (v *view) openSteps(t results.PlanTable) []step {
	var out []step
	for _, r := range rateOrder(t.Rates) {
		out = append(out, step{r.PhaseName(), func(s results.Server) cells.Cell { return v.Open(t, s, r) }})
	}
	return out
}

// missingLists writes what the tables do not show, and why.
func (v *view) missingLists(p *page, steps func(results.PlanTable) []step) {
	p.list("## What is missing, and why", "", v.missingItems(steps))
	p.list("## Damaged data", "Left out of the tables.", each(v.problems, escape))
}

func (v *view) missingItems(steps func(results.PlanTable) []step) []string {
	var items []string
	for _, s := range v.columns {
		if s.Unavailable != "" {
			items = append(items, fmt.Sprintf("%s: %s: %s", escape(s.Name), absent(cells.NotInstalled), escape(s.Unavailable)))
		}
	}
	for _, t := range v.Run.Plan.Tables {
		for _, s := range v.Run.Servers {
			if s.Unavailable == "" {
				items = append(items, v.missingOf(t, s, steps(t))...)
			}
		}
	}
	return items
}

// missingOf tells of one server in one table; what holds for all its phases is
// told once.
func (v *view) missingOf(t results.PlanTable, s results.Server, steps []step) []string {
	var items []string
	last := ""
	for _, st := range steps {
		c := st.cell(s)
		text := ""
		switch {
		case c.Absent != "":
			text = fmt.Sprintf("%s: %s", absent(c.Absent), c.Why)
		case len(c.Voids) > 0:
			text = fmt.Sprintf("%d of %d void: %s", len(c.Voids), len(c.Voids)+len(c.Valid), c.Voids[0])
		}
		if text == "" || text == last {
			continue
		}
		last = text
		items = append(items, escape(fmt.Sprintf("%s, %s, %s, %s: %s", t.Scenario, t.Protocol, s.Name, st.name, text)))
	}
	return items
}
