package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
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
	// equals are the copies of servers in their tables.
	equals []string
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
	// common is true at a rate that each run chose for itself.
	common bool
	// ladder names the phases of a whole ladder.
	ladder string
	// rateUnit is the unit of rates, such as "req/s".
	rateUnit string
}

// newPool reads the cells of some runs, without A/A copies.
func newPool(sets []*cells.Set) Pool {
	b := sets[0].Run.Joust
	p := Pool{Build: strings.TrimSpace(b.Version + " " + b.Revision[:min(len(b.Revision), 12)]), cells: map[key]*cell{}}
	for _, set := range sets {
		p.Runs = append(p.Runs, set.Run.ID)
		for _, t := range set.Run.Plan.Tables {
			for _, server := range set.Run.Servers {
				if e, ok := set.Equal(t, server); ok {
					p.equals = append(p.equals, fmt.Sprintf("%s, %s, %s: throughput %s, n = %d", e.Name, t.Scenario, t.Protocol, change(&e.Ratio), e.N))
				}
				if server.PlaceboOf == "" && server.Unavailable == "" && server.Unsupported[t.Scenario] == "" {
					p.addLadder(set, t, server)
				}
			}
		}
	}
	return p
}

// addLadder adds the cells of one server in one table.
func (p *Pool) addLadder(set *cells.Set, t results.PlanTable, server results.Server) {
	k := key{t.Scenario, t.Protocol, results.PhaseClosed, server.Name}
	var phases []string
	if t.Closed {
		phases = append(phases, k.phase)
		p.add(set, t, k, cell{Cell: set.Closed(t, server)})
	}
	for _, r := range t.Rates {
		k.phase = r.PhaseName()
		phases = append(phases, k.phase)
		p.add(set, t, k, cell{Cell: set.Open(t, server, r), common: r.Kind == results.RateCommon})
	}
	k.phase = wholeLadder
	p.add(set, t, k, cell{Cell: set.Ladder(t, server), ladder: strings.Join(phases, ", ")})
}

// add pools the cell of one run with those of the runs before it.
func (p *Pool) add(set *cells.Set, t results.PlanTable, k key, c cell) {
	c.rateUnit = set.RateUnit(t)
	for _, text := range c.Damage(cells.Corrected) {
		p.problems = append(p.problems, fmt.Sprintf("run %s, %s", set.Run.ID, text))
	}
	for _, sample := range c.Valid {
		c.addSetups(sample)
	}
	if before := p.cells[k]; before != nil {
		c.Cell, c.setups = cells.Pool(before.Cell, c.Cell), union(before.setups, c.setups)
	} else {
		p.order = append(p.order, k)
	}
	p.cells[k] = &c
}

// cellsWithout names the cells that the other pool lacks, a line a server.
func (p *Pool) cellsWithout(other *Pool, name string, f Filter) []string {
	var lines []string
	at := map[string]int{}
	for _, k := range p.order {
		if other.cells[k] != nil || !f.allows(k) || k.phase == wholeLadder {
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
func (c *cell) addSetups(s *cells.Observation) {
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
		c.setups = union(c.setups, []string{text})
	}
}

// union returns the sorted set of both lists.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// anotherSetup says that the setups of two cells differ.
func anotherSetup(old, now *cell) string {
	if len(old.setups) == 0 || len(now.setups) == 0 {
		return ""
	}
	if all := union(old.setups, now.setups); len(all) > 1 {
		return "measured in different ways: " + strings.Join(all, "; ")
	}
	return ""
}

// anotherLadder says that two cells have different ladders or common rates.
func anotherLadder(old, now *cell) string {
	if old.ladder != now.ladder {
		return fmt.Sprintf("the ladders differ: %s → %s", old.ladder, now.ladder)
	}
	a, b := old.Median(cells.TargetRPS), now.Median(cells.TargetRPS)
	if !old.common || a.N == 0 || b.N == 0 || max(a.Value, b.Value) <= min(a.Value, b.Value)*(1+sameRate) {
		return ""
	}
	return fmt.Sprintf("each run fixed its own common rate, %.0f and %.0f req/s: name one in both with --rates to compare at equal work", a.Value, b.Value)
}

// absent reports whether the cell has no trial at all.
func (c *cell) absent() bool { return c.Absent != "" && c.Absent != cells.Void }

// value returns a metric of the cell.
func (c *cell) value(m metric.Name) Value {
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
