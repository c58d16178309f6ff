package matrix

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
)

// missingLists writes which cells and samples the tables do not show, and why.
func (v *view) missingLists(p *page, about scope) {
	p.list("## What is missing, and why", "", v.missing(about))
	var damage []string
	for _, c := range v.all(about) {
		for of := range cells.Latencies {
			for _, text := range c.Damage(of) {
				damage = appendNew(damage, text)
			}
		}
	}
	p.list("## Damaged data", "Left out of the tables.", damage)
}

// gap is a reason for which cells of a server have no value, or void trials.
type gap struct{ server, why string }

// missing names the absent cells and those with void trials, each reason of a server
// once with the tables and phases that it concerns. A row that the server does not claim
// needs no words beyond the legend.
func (v *view) missing(about scope) []string {
	var items []string
	for _, s := range v.servers {
		if s.Unavailable != "" {
			items = append(items, fmt.Sprintf("%s: %s: %s", s.Name, v.drawing.Absent(cells.NotInstalled), s.Unavailable))
		}
	}
	var order []gap
	places := map[gap]*concerned{}
	for _, c := range v.all(about) {
		why := ""
		switch {
		case c.Server.Unavailable != "", c.Absent == cells.NoFixture:
		case c.Absent != "":
			why = v.drawing.Absent(c.Absent) + ": " + c.Why
		case len(c.Voids) > 0:
			why = voidShare(c.Cell) + ": " + c.Voids[0]
		}
		if why == "" {
			continue
		}
		g := gap{c.Server.Name, why}
		if places[g] == nil {
			order, places[g] = append(order, g), &concerned{phases: map[string][]string{}}
		}
		places[g].add(title(c.table), c.phase)
	}
	return append(items, each(order, func(g gap) string {
		return places[g].of(g.server) + ": " + g.why
	})...)
}

// concerned lists tables with their phases, in order.
type concerned struct {
	tables []string
	phases map[string][]string
}

func (c *concerned) add(table, phase string) {
	c.tables = appendNew(c.tables, table)
	c.phases[table] = append(c.phases[table], phase)
}

// of names the server's cells; phases that all tables share stand once.
func (c *concerned) of(server string) string {
	phases := func(table string) string { return strings.Join(c.phases[table], ", ") }
	first := c.tables[0]
	switch {
	case len(c.tables) == 1:
		return first + ", " + server + ", " + phases(first)
	case slices.ContainsFunc(c.tables, func(t string) bool { return phases(t) != phases(first) }):
		return server + ": " + strings.Join(each(c.tables, func(t string) string { return t + ", " + phases(t) }), "; ")
	}
	return server + ", " + phases(first) + ": " + strings.Join(c.tables, "; ")
}

// VoidCells names every cell that was measured and has no valid trial, with the
// reason, in the order of the plan; then the void searches. Cells that are
// unsupported, not installed or not attempted are none of them.
func VoidCells(set *cells.Set) []string {
	v := newView(set)
	var list []string
	for _, c := range v.all(isAny) {
		if c.Absent == cells.Void {
			list = append(list, fmt.Sprintf("%s %s %s: %s", c.Server.Name, c.table.Scenario, c.phase, c.Why))
		}
	}
	for _, t := range v.Run.Plan.Tables {
		for _, s := range v.Run.Servers {
			if why := v.voidSearch(t, s); why != "" {
				list = append(list, fmt.Sprintf("%s %s highest rate: %s", s.Name, t.Scenario, why))
			}
		}
	}
	return list
}

// voidSearch says why no candidate could be confirmed, where every trial for
// that is void.
func (v *view) voidSearch(t results.PlanTable, s results.Server) string {
	if t.Objective == nil {
		return ""
	}
	h := v.Searches(t, s)
	if len(h.Voids) == 0 || len(h.Candidates) == 0 || len(h.Confirmed)+len(h.Refused) > 0 {
		return ""
	}
	return h.Voids[0]
}

// voids counts the cells that are void as a whole, and the void measurements of
// cells that have a value.
func (v *view) voids() (whole, single int) {
	for _, c := range v.all(isAny) {
		switch {
		case c.Absent == cells.Void:
			whole++
		case c.Absent == "":
			single += len(c.Voids)
		}
	}
	return whole, single
}

// foreignNotes writes the notes on a loader that is not joust's own: its known
// defects, how it was sampled, and the warnings of its runs.
func (v *view) foreignNotes(p *page) {
	var notes []string
	for i := range v.Run.Trials {
		t := &v.Run.Trials[i]
		for _, r := range t.Loaders {
			if r.Foreign == nil {
				continue
			}
			for _, defect := range r.Foreign.Defects {
				notes = appendNew(notes, fmt.Sprintf("%s: %s.", r.Loader, defect))
			}
			margin := time.Duration(r.Foreign.MarginNS)
			notes = appendNew(notes, fmt.Sprintf("%s announces no windows: CPU and memory of both sides are sampled from %s after its start to %s before its planned end; throughput and latencies are its own, over all of its run. The warm-up is a run of its own.", r.Loader, margin, margin))
			for _, w := range r.Warnings {
				notes = appendNew(notes, fmt.Sprintf("%s, %s, %s.", t.Server, t.Scenario, w))
			}
		}
	}
	p.list("## What this loader's figures are worth", "Cells of different loaders are never ranked together; `joust agree` puts loaders side by side.", notes)
}
