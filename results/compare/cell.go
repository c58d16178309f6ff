package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

// wholeLadder stands for a phase where a metric is of all phases together.
const wholeLadder = "whole ladder"

// key names a cell.
type key struct{ scenario, protocol, phase, server string }

// cell is what one side, one or several runs, measured of one cell.
type cell struct {
	cells.Cell
	// setups are the ways in which it was measured; cells compare only under
	// one and the same.
	setups []string
	step   step
}

// step is one phase of a table that is compared.
type step struct {
	name string
	// common is true at a rate that each run fixed for itself.
	common bool
	// ladder names the phases, where the step is all of them.
	ladder string
	cell   func(results.Server) cells.Cell
}

// steps are the phases of a table that are compared.
func steps(set *cells.Set, t results.PlanTable) []step {
	var out []step
	var names []string
	if t.Closed {
		names = append(names, results.PhaseClosed)
		out = append(out, step{name: results.PhaseClosed, cell: func(s results.Server) cells.Cell { return set.Closed(t, s) }})
	}
	for _, r := range t.Rates {
		names = append(names, r.PhaseName())
		out = append(out, step{name: r.PhaseName(), common: r.Kind == results.RateCommon, cell: func(s results.Server) cells.Cell { return set.Open(t, s, r) }})
	}
	return append(out, step{name: wholeLadder, ladder: strings.Join(names, ", "), cell: func(s results.Server) cells.Cell { return set.Ladder(t, s) }})
}

// side is the cells of one side.
type side struct {
	cells map[key]*cell
	// order is that of the plans.
	order    []key
	problems []string
}

// gather reads the cells of some runs. Those of A/A copies are none.
func gather(sets []*cells.Set) *side {
	s := &side{cells: map[key]*cell{}}
	for _, set := range sets {
		for _, t := range set.Run.Plan.Tables {
			for _, step := range steps(set, t) {
				for _, server := range set.Run.Servers {
					if server.PlaceboOf == "" && server.Unavailable == "" && server.Unsupported[t.Scenario] == "" {
						s.take(set.Run.ID, key{t.Scenario, t.Protocol, step.name, server.Name}, step, step.cell(server))
					}
				}
			}
		}
	}
	return s
}

// take pools the cell of one run with those of the runs before it.
func (s *side) take(run string, k key, step step, of cells.Cell) {
	for _, text := range of.Damage(cells.Corrected) {
		s.problems = append(s.problems, fmt.Sprintf("run %s, %s", run, text))
	}
	c, ok := s.cells[k]
	if ok {
		c.Cell = cells.Pool(c.Cell, of)
	} else {
		c = &cell{Cell: of}
		s.cells[k], s.order = c, append(s.order, k)
	}
	c.step = step
	for _, sample := range of.Valid {
		c.setup(sample)
	}
}

// setup notes how the trial was measured.
func (c *cell) setup(s *cells.Observation) {
	for i := range s.Trial.Loaders {
		r := &s.Trial.Loaders[i]
		clients := strconv.Itoa(r.ConnectionsAsked)
		if len(s.Trial.Sweep) > 0 {
			clients = "the best of its sweep"
		}
		text := fmt.Sprintf("%s, threads %d, idle strategy %s, clients %s, depth %d",
			r.Loader, r.Threads, cmp.Or(r.IdleStrategy, "unknown"), clients, max(1, r.Depth))
		if s.Load.Schedule != "" {
			text += ", schedule " + s.Load.Arrivals()
		}
		if !slices.Contains(c.setups, text) {
			c.setups = append(c.setups, text)
		}
	}
	slices.Sort(c.setups)
}

// apart says why the cells of two sides cannot be compared, "" where they can.
func apart(old, now *cell) string {
	if len(old.setups) == 0 || len(now.setups) == 0 {
		return ""
	}
	if all := union(old.setups, now.setups); len(all) > 1 {
		return "measured in different ways: " + strings.Join(all, "; ")
	}
	return ""
}

// elsewhere says that what has one name is no longer one cell: another common
// rate, or another ladder. It is "" where it is one.
func elsewhere(old, now *cell) string {
	if old.step.ladder != now.step.ladder {
		return fmt.Sprintf("the ladders differ: %s → %s", old.step.ladder, now.step.ladder)
	}
	a, b := old.Median(cells.TargetRPS), now.Median(cells.TargetRPS)
	if !old.step.common || a.N == 0 || b.N == 0 || max(a.Value, b.Value) <= min(a.Value, b.Value)*(1+sameRate) {
		return ""
	}
	return fmt.Sprintf("each run fixed its own common rate, %.0f and %.0f req/s: name one in both with --rates to compare at equal work", a.Value, b.Value)
}

// sameRate is the share by which two common rates may differ and still count as
// equal work. Each run fixes its own by scouting.
const sameRate = 0.05

// union is the sorted set of both lists.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// value is a metric of a cell.
func (c *cell) value(m cells.Metric) Value {
	f := c.Figure(m)
	v := Value{
		Median: f.Value, Low: f.Low, High: f.High, Kind: f.Kind, N: f.N, Void: len(c.Voids),
		AtLeast: f.AtLeast, AtMost: f.AtMost, Rough: f.Rough, Saturated: c.Saturated(), RateRPS: c.Median(cells.TargetRPS).Value,
		values: f.Values,
	}
	switch {
	case len(c.Voids) > 0:
		v.WhyVoid = c.Voids[0]
	case c.Absent == cells.Void:
		v.Void, v.WhyVoid = 1, c.Why
	}
	switch {
	case f.Kind != stats.None:
	case len(c.Valid) > 0:
		v.Missing = c.Lacks(m)
	case c.Absent == cells.Void:
		v.Missing = missingVoid
	default:
		v.Missing = fmt.Sprintf("%s: %s", c.Absent, c.Why)
	}
	return v
}
