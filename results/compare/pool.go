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

const (
	// wholeLadder stands for a phase where a metric is of all phases together.
	wholeLadder = "whole ladder"
	// missingVoid is Value.Missing of a cell whose trials are all void.
	missingVoid = "void"
	// sameRate is the share by which two common rates may differ and still count
	// as equal work. Each run finds its own by scouting.
	sameRate = 0.05
)

// Pool is the runs of one side, whose trials count together.
type Pool struct {
	Runs []string `json:"runs"`
	// Build is the joust of the first run.
	Build string `json:"build"`

	cells map[key]*cell
	// order is that of the plans.
	order    []key
	problems []string
}

// key names a cell.
type key struct{ scenario, protocol, phase, server string }

func (k key) String() string {
	return fmt.Sprintf("%s, %s, %s, %s", k.scenario, k.protocol, k.phase, k.server)
}

// cell is the measurements of one cell in one pool.
type cell struct {
	cells.Cell
	// setups are the setups of the loader. Cells compare only under one setup.
	setups []string
	part   ladderPart
}

// ladderPart is one phase of a table, or its whole ladder.
type ladderPart struct {
	name string
	// common is true at a rate that each run chose for itself.
	common bool
	// phases names the phases of a whole ladder.
	phases string
	cell   func(results.Server) cells.Cell
}

// ladderParts returns the parts of a table that are compared.
func ladderParts(set *cells.Set, t results.PlanTable) []ladderPart {
	var parts []ladderPart
	var names []string
	add := func(name string, common bool, cell func(results.Server) cells.Cell) {
		names = append(names, name)
		parts = append(parts, ladderPart{name: name, common: common, cell: cell})
	}
	if t.Closed {
		add(results.PhaseClosed, false, func(s results.Server) cells.Cell { return set.Closed(t, s) })
	}
	for _, r := range t.Rates {
		add(r.PhaseName(), r.Kind == results.RateCommon, func(s results.Server) cells.Cell { return set.Open(t, s, r) })
	}
	whole := func(s results.Server) cells.Cell { return set.Ladder(t, s) }
	return append(parts, ladderPart{name: wholeLadder, phases: strings.Join(names, ", "), cell: whole})
}

// newPool reads the cells of some runs, without A/A copies.
func newPool(sets []*cells.Set) Pool {
	b := sets[0].Run.Joust
	p := Pool{Build: strings.TrimSpace(b.Version + " " + b.Revision[:min(len(b.Revision), 12)]), cells: map[key]*cell{}}
	for _, set := range sets {
		p.Runs = append(p.Runs, set.Run.ID)
		for _, t := range set.Run.Plan.Tables {
			for _, part := range ladderParts(set, t) {
				for _, server := range set.Run.Servers {
					if server.PlaceboOf == "" && server.Unavailable == "" && server.Unsupported[t.Scenario] == "" {
						p.add(set.Run.ID, key{t.Scenario, t.Protocol, part.name, server.Name}, part, part.cell(server))
					}
				}
			}
		}
	}
	return p
}

// add pools the cell of one run with those of the runs before it.
func (p *Pool) add(run string, k key, part ladderPart, of cells.Cell) {
	for _, text := range of.Damage(cells.Corrected) {
		p.problems = append(p.problems, fmt.Sprintf("run %s, %s", run, text))
	}
	c, ok := p.cells[k]
	if ok {
		c.Cell = cells.Pool(c.Cell, of)
	} else {
		c = &cell{Cell: of}
		p.cells[k], p.order = c, append(p.order, k)
	}
	c.part = part
	for _, sample := range of.Valid {
		c.addSetups(sample)
	}
}

// cellsWithout names the pool's cells that the other lacks, a line a server and
// table. name is the pool's.
func (p *Pool) cellsWithout(other *Pool, name string, f Filter) []string {
	var lines []string
	at := map[string]int{}
	for _, k := range p.order {
		if other.cells[k] != nil || !f.takes(k) || k.phase == wholeLadder {
			continue
		}
		head := fmt.Sprintf("%s, %s, %s: only in %s: ", k.scenario, k.protocol, k.server, name)
		if i, ok := at[head]; ok {
			lines[i] += ", " + k.phase
			continue
		}
		at[head] = len(lines)
		lines = append(lines, head+k.phase)
	}
	return lines
}

// onlyLoop returns the loop of all cells; empty for several, or no cells.
func (p *Pool) onlyLoop() (only results.Loop) {
	for k := range p.cells {
		loop := results.OpenLoop
		switch k.phase {
		case wholeLadder:
			continue
		case results.PhaseClosed:
			loop = results.ClosedLoop
		}
		if only != "" && only != loop {
			return ""
		}
		only = loop
	}
	return only
}

// addSetups notes the setups of the trial's loaders.
func (c *cell) addSetups(s *cells.Sample) {
	for i := range s.Trial.Loaders {
		r := &s.Trial.Loaders[i]
		clients := strconv.Itoa(r.ConnectionsAsked)
		if len(s.Trial.Sweep) > 0 {
			clients = "the best of its sweep"
		}
		text := fmt.Sprintf("%s, threads %d, idle strategy %s, clients %s, depth %d",
			r.Loader, r.Threads, cmp.Or(r.IdleStrategy, "unknown"), clients, max(1, r.Depth))
		if i < len(s.Loads) && s.Load.Schedule != "" {
			text += ", schedule " + s.Loads[i].Arrivals()
		}
		if !slices.Contains(c.setups, text) {
			c.setups = append(c.setups, text)
		}
	}
}

// anotherSetup says that the setups of two cells differ; empty where they do not.
func anotherSetup(old, now *cell) string {
	if len(old.setups) == 0 || len(now.setups) == 0 {
		return ""
	}
	all := slices.Concat(old.setups, now.setups)
	slices.Sort(all)
	if all = slices.Compact(all); len(all) > 1 {
		return "measured in different ways: " + strings.Join(all, "; ")
	}
	return ""
}

// anotherPart says that two cells of one name have different ladders or common
// rates; empty where they have not.
func anotherPart(old, now *cell) string {
	if old.part.phases != now.part.phases {
		return fmt.Sprintf("the ladders differ: %s → %s", old.part.phases, now.part.phases)
	}
	a, b := old.Median(cells.TargetRPS), now.Median(cells.TargetRPS)
	if !old.part.common || a.N == 0 || b.N == 0 || max(a.Value, b.Value) <= min(a.Value, b.Value)*(1+sameRate) {
		return ""
	}
	return fmt.Sprintf("each run fixed its own common rate, %.0f and %.0f req/s: name one in both with --rates to compare at equal work", a.Value, b.Value)
}

// absent reports whether the cell has no trial at all.
func (c *cell) absent() bool { return c.Absent != "" && c.Absent != cells.Void }

// value returns a metric of the cell.
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
