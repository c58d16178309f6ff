package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// wholeLadder stands for a phase where a metric is of all phases together.
const wholeLadder = "whole ladder"

// key names a cell.
type key struct{ scenario, protocol, phase, server string }

// cell is what one side, one or several runs, measured of one cell.
type cell struct {
	readings map[Metric][]reading
	// setups are the ways in which it was measured; cells compare only under
	// one and the same.
	setups []string
	// rates are the open-loop rates in req/s.
	rates []float64
	// voids are the reasons of the void trials.
	voids []string
	// skipped says why the phase was not run, where it was not.
	skipped   string
	valid     int
	loader    int // valid trials that the loader limited
	saturated int
	common    bool
	bandwidth bool
	// ladder names the phases, where the cell is of all of them.
	ladder string
}

// limited tells whether the loader limited most of the trials, so that the
// throughput is a lower bound.
func (c *cell) limited() bool { return c.loader > 0 && 2*c.loader >= c.valid }

// side is the cells of one side.
type side struct {
	cells map[key]*cell
	// order is that of the plans.
	order    []key
	problems []string
}

// gather reads the cells of some runs.
func gather(runs []results.Run) *side {
	s := &side{cells: map[key]*cell{}}
	for i := range runs {
		s.plan(&runs[i])
		for t := range runs[i].Trials {
			if trial := &runs[i].Trials[t]; trial.Kind == results.TrialMeasured {
				s.take(&runs[i], trial)
			}
		}
	}
	return s
}

// plan lists the run's cells: those of A/A copies are none.
func (s *side) plan(run *results.Run) {
	for _, t := range run.Plan.Tables {
		row := run.Scenario(t.Scenario)
		names := phaseNames(t)
		for _, name := range names {
			for i := range run.Servers {
				server := &run.Servers[i]
				if server.PlaceboOf != "" || server.Unavailable != "" || server.Unsupported[t.Scenario] != "" {
					continue
				}
				c := s.cell(key{t.Scenario, t.Protocol, name, server.Name})
				if name == wholeLadder {
					c.ladder = strings.Join(names[:len(names)-1], ", ")
				}
				c.bandwidth = row != nil && row.RankBy == "bandwidth"
				c.common = name == results.PlanRate{Kind: results.RateCommon}.PhaseName()
				if d := server.CheckFailed[t.Scenario]; d != "" {
					c.voids = append(c.voids, "the full check failed: "+d)
				}
			}
		}
	}
}

// phaseNames are the phases of a table that are compared.
func phaseNames(t results.PlanTable) []string {
	var names []string
	if t.Closed {
		names = append(names, results.PhaseClosed)
	}
	for _, r := range t.Rates {
		names = append(names, r.PhaseName())
	}
	return append(names, wholeLadder)
}

func (s *side) cell(k key) *cell {
	if c, ok := s.cells[k]; ok {
		return c
	}
	c := &cell{readings: map[Metric][]reading{}}
	s.cells[k] = c
	s.order = append(s.order, k)
	return c
}

// take sorts one trial into the cells of its phases.
func (s *side) take(run *results.Run, t *results.Trial) {
	at := func(phase string) *cell { return s.cells[key{t.Scenario, t.Protocol, phase, t.Server}] }
	if at(wholeLadder) == nil || t.State == results.TrialInterrupted || t.State == results.TrialRepeated {
		return
	}
	if t.State == results.TrialVoid {
		for k, c := range s.cells {
			if k.scenario == t.Scenario && k.protocol == t.Protocol && k.server == t.Server {
				c.voids = append(c.voids, cmp.Or(t.Reason, "no reason was stored"))
			}
		}
		return
	}
	for i := range t.Phases {
		seen := &t.Phases[i]
		c := at(seen.Name)
		switch {
		case c == nil:
		case seen.Verdict.NotRun:
			c.skipped = seen.Verdict.Why()
		case !seen.Verdict.Valid:
			c.voids = append(c.voids, seen.Verdict.Why())
		default:
			s.read(run, t, seen, c)
		}
	}
	if peak, ok := peakMemory(t); ok {
		ladder := at(wholeLadder)
		ladder.valid++
		ladder.setup(t, nil)
		ladder.readings[Memory] = append(ladder.readings[Memory], reading{value: peak})
	}
}

// read takes the metrics of one valid phase.
func (s *side) read(run *results.Run, t *results.Trial, seen *results.TrialPhase, c *cell) {
	p := phase{seen: seen, bandwidth: c.bandwidth}
	if row := run.Scenario(t.Scenario); row != nil {
		p.sends = row.BodyBytes > 0
	}
	for i := range t.Loaders {
		if l := t.Loaders[i].Phase(seen.Name); l != nil && l.Skipped == "" {
			p.loads = append(p.loads, l)
		}
	}
	if len(p.loads) == 0 {
		return
	}
	c.valid++
	c.setup(t, p.loads)
	if seen.Verdict.Bottleneck == results.LimitLoader {
		c.loader++
	}
	if seen.Verdict.Has(results.FlagSaturated) {
		c.saturated++
	}
	add := func(m Metric, r reading) { c.readings[m] = append(c.readings[m], r) }
	if p.loads[0].Loop == results.ClosedLoop {
		add(Throughput, reading{value: p.work()})
	} else {
		tail, err := p.tail()
		if err != nil {
			s.problems = append(s.problems, fmt.Sprintf("run %s, trial %d, %s: %v", run.ID, t.Index, seen.Name, err))
		}
		for m, r := range tail {
			add(m, r)
		}
		for _, l := range p.loads {
			if l.Rate != nil {
				c.rates = append(c.rates, l.Rate.TargetRPS)
			}
		}
	}
	if r, ok := p.cpu(); ok {
		add(CPU, r)
	}
}

// setup notes how the trial was measured.
func (c *cell) setup(t *results.Trial, loads []*results.Phase) {
	for i := range t.Loaders {
		r := &t.Loaders[i]
		clients := strconv.Itoa(r.ConnectionsAsked)
		if len(t.Sweep) > 0 {
			clients = "the best of its sweep"
		}
		text := fmt.Sprintf("%s, threads %d, idle strategy %s, clients %s, depth %d",
			r.Loader, r.Threads, cmp.Or(r.IdleStrategy, "unknown"), clients, max(1, r.Depth))
		if i < len(loads) && loads[i].Schedule != "" {
			text += ", schedule " + loads[i].Arrivals()
		}
		if !slices.Contains(c.setups, text) {
			c.setups = append(c.setups, text)
		}
	}
	slices.Sort(c.setups)
}

// peakMemory is the kernel's peak of the server over the ladder, in bytes.
func peakMemory(t *results.Trial) (peak float64, ok bool) {
	for i := range t.Phases {
		if u := t.Phases[i].Server; u != nil && u.PeakMemoryBytes != nil {
			peak, ok = max(peak, float64(*u.PeakMemoryBytes)), true
		}
	}
	return peak, ok
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
	if old.ladder != now.ladder {
		return fmt.Sprintf("the ladders differ: %s → %s", old.ladder, now.ladder)
	}
	if !old.common || len(old.rates) == 0 || len(now.rates) == 0 {
		return ""
	}
	a, b := stats.Median(old.rates).Value, stats.Median(now.rates).Value
	if max(a, b) <= min(a, b)*(1+sameRate) {
		return ""
	}
	return fmt.Sprintf("each run fixed its own common rate, %.0f and %.0f req/s: name one in both with --rates to compare at equal work", a, b)
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

// Measured is one trial's value of a metric in a phase, in the metric's unit.
// AtLeast: the loader limited it, or requests stayed without an answer, so that
// it is a lower bound. Where there is no value, missing says why.
func Measured(run results.Run, t results.Trial, phase string, m Metric) (value float64, atLeast bool, missing string) {
	run.Trials = []results.Trial{t}
	s := gather([]results.Run{run})
	c := s.cells[key{t.Scenario, t.Protocol, phase, t.Server}]
	switch {
	case len(s.problems) > 0:
		return 0, false, s.problems[0]
	case c == nil:
		return 0, false, "the plan has no such cell"
	}
	v := c.value(m)
	if v.N == 0 {
		return 0, false, cmp.Or(v.WhyVoid, v.Missing)
	}
	return v.Median, v.AtLeast, ""
}
