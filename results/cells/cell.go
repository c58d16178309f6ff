package cells

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// Absence says why a cell has no value.
type Absence string

// The reasons for which a cell has no value.
const (
	Unsupported    Absence = "unsupported"
	NotExpressible Absence = "not expressible"
	NoFixture      Absence = "no fixture"
	NotInstalled   Absence = "not installed"
	Void           Absence = "void"
	NotRun         Absence = "not run"
	BeyondLoader   Absence = "beyond the loader"
	Interrupted    Absence = "interrupted"
)

// noReason stands in where the reason of a void trial was not stored.
const noReason = "no reason was stored"

// Cell is one server's trials of one phase of one table.
type Cell struct {
	Server results.Server
	// Planned is the number of trials that the plan has.
	Planned int
	// Bandwidth is true for a closed loop that is about bytes of bodies.
	Bandwidth bool
	// Valid are the trials that count, in the order of the journal.
	Valid []*Sample
	// Voids are the reasons of void trials, in the order of the journal.
	Voids []string
	// Absent and Why are set where no trial counts.
	Absent Absence
	Why    string

	// sends is true where the bodies of requests are what counts, whole for a
	// cell of the whole ladder.
	sends, whole bool
	limits       results.Thresholds
}

// Closed is the cell of a table's closed loop.
func (s *Set) Closed(t results.PlanTable, server results.Server) Cell {
	return s.closed(t, server, func(c *Cell, trial *trial, rest *rest) { c.take(trial, results.PhaseClosed, rest) })
}

// Open is the cell of one open-loop step of a table.
func (s *Set) Open(t results.PlanTable, server results.Server, rate results.PlanRate) Cell {
	return s.cell(t, server, func(c *Cell, trial *trial, rest *rest) { c.take(trial, rate.PhaseName(), rest) })
}

// Point is the cell of one number of clients of a table's sweep; its samples
// have no readings.
func (s *Set) Point(t results.PlanTable, server results.Server, clients int) Cell {
	return s.closed(t, server, func(c *Cell, trial *trial, rest *rest) { c.takePoint(trial, clients, rest) })
}

// Ladder is the cell of a table's whole ladder: its samples have no phase.
func (s *Set) Ladder(t results.PlanTable, server results.Server) Cell {
	c := s.cell(t, server, func(c *Cell, trial *trial, _ *rest) {
		c.Valid = append(c.Valid, &Sample{Trial: trial.Trial, Seen: &results.TrialPhase{}})
	})
	c.whole = true
	return c
}

func (s *Set) closed(t results.PlanTable, server results.Server, take func(*Cell, *trial, *rest)) Cell {
	c := s.cell(t, server, take)
	c.Bandwidth, c.sends = s.Bandwidth(t), s.Row(t).BodyBytes > 0
	return c
}

// cell gathers the server's trials; take sorts in those that came to their end.
func (s *Set) cell(t results.PlanTable, server results.Server, take func(*Cell, *trial, *rest)) Cell {
	c := Cell{Server: server, Planned: t.Trials, limits: s.limits}
	var rest rest
	for _, trial := range s.trials[key{server.Name, t.Scenario, t.Protocol}] {
		switch trial.State {
		case results.TrialVoid:
			c.Voids = append(c.Voids, cmp.Or(trial.Reason, noReason))
		case results.TrialRepeated:
		case results.TrialInterrupted:
			rest.interrupted++
		default:
			take(&c, trial, &rest)
		}
	}
	if len(c.Valid) == 0 {
		c.Absent, c.Why = s.missing(t, server, c.Voids, rest)
	}
	return c
}

// rest counts the trials that are neither valid nor void.
type rest struct {
	interrupted int
	beyond      string
	skipped     string
}

// take sorts one trial into the cell of the phase.
func (c *Cell) take(t *trial, name string, rest *rest) {
	for i := range t.Loaders {
		if p := t.Loaders[i].Phase(name); p != nil && p.Skipped != "" {
			rest.skipped = p.Skipped
		}
	}
	s := &Sample{Trial: t.Trial, Loads: loadsOf(t.Trial, name), readings: t.readings[name]}
	for i := range t.Phases {
		if t.Phases[i].Name == name {
			s.Seen = &t.Phases[i]
		}
	}
	switch {
	case s.Seen != nil && s.Seen.Verdict.NotRun:
		rest.skip(s.Seen.Verdict)
	case s.Seen != nil && !s.Seen.Verdict.Valid:
		c.Voids = append(c.Voids, s.Seen.Verdict.Why())
	case len(s.Loads) == 0:
		// Skipped, or never begun: rest and the run's state say why.
	case s.Seen == nil:
		c.Voids = append(c.Voids, "no verdict was stored")
	default:
		c.Valid = append(c.Valid, s)
	}
}

// takePoint sorts one trial into the cell of a sweep's number of clients.
func (c *Cell) takePoint(t *trial, clients int, rest *rest) {
	i := slices.IndexFunc(t.Sweep, func(p results.SweepPoint) bool { return p.Clients == clients })
	switch {
	case i < 0:
		rest.skipped = "throughput had stopped growing with fewer clients"
	case !t.Sweep[i].Seen.Verdict.Valid:
		c.Voids = append(c.Voids, t.Sweep[i].Seen.Verdict.Why())
	default:
		point := &t.Sweep[i]
		if loads := phasesOf(point.Report, results.PhaseClosed); len(loads) > 0 {
			c.Valid = append(c.Valid, &Sample{Trial: t.Trial, Loads: loads, Seen: &point.Seen})
		}
	}
}

// skip notes why a phase was not run.
func (r *rest) skip(verdict results.Verdict) {
	for _, reason := range verdict.Reasons {
		if reason.Code == results.CodeBeyondLoader {
			// The cell says "beyond the loader" before it.
			r.beyond = strings.TrimPrefix(reason.Text, string(BeyondLoader)+": ")
			return
		}
	}
	r.skipped = verdict.Why()
}

// missing says why a cell without a valid trial is empty.
func (s *Set) missing(t results.PlanTable, server results.Server, voids []string, rest rest) (Absence, string) {
	reason, unsupported := server.Unsupported[t.Scenario]
	difference, failed := server.CheckFailed[t.Scenario]
	switch {
	case server.Unavailable != "":
		return NotInstalled, server.Unavailable
	case t.NotExpressible != "":
		return NotExpressible, t.NotExpressible
	case unsupported:
		return Unsupported, reason
	case !claims(server, t):
		return NoFixture, fmt.Sprintf("its manifest does not claim %s on %s", t.Scenario, t.Protocol)
	case failed:
		return Void, "the full check failed: " + difference
	case len(voids) > 0:
		return Void, voids[0]
	case rest.interrupted > 0:
		return Interrupted, "the run was interrupted in this trial"
	case rest.beyond != "":
		return BeyondLoader, rest.beyond
	case rest.skipped != "":
		return NotRun, rest.skipped
	case s.Run.State == results.RunRunning:
		return NotRun, "not measured yet"
	case s.Run.State == results.RunInterrupted:
		return NotRun, "the run was interrupted before it"
	}
	return NotRun, "no trial of it was stored"
}

// claims reports whether the server's manifest has the row on the protocol. A
// run without manifests claims everything.
func claims(server results.Server, t results.PlanTable) bool {
	var m struct {
		Scenarios []string `json:"scenarios"`
		Protocols []string `json:"protocols"`
	}
	if err := json.Unmarshal(server.Manifest, &m); err != nil {
		// No manifest was stored: it cannot deny anything.
		return true
	}
	has := func(list []string, name string) bool { return len(list) == 0 || slices.Contains(list, name) }
	return has(m.Scenarios, t.Scenario) && has(m.Protocols, t.Protocol)
}

// Values is what value gives for the valid trials; trials for which it gives
// nothing are left out.
func (c *Cell) Values(value Value) []float64 {
	var values []float64
	for _, s := range c.Valid {
		if x, ok := value(s); ok {
			values = append(values, x)
		}
	}
	return values
}

// Median is the median over the valid trials of what value gives.
func (c *Cell) Median(value Value) stats.Estimate { return stats.Median(c.Values(value)) }

// Work is what the cell's table is about, a second: requests, or bytes of
// bodies.
func (c *Cell) Work(s *Sample) (float64, bool) {
	if c.Bandwidth {
		return bodies(s, c.sends)
	}
	return Throughput(s)
}

// ServerCost and LoaderCost are a side's CPU time in nanoseconds per unit of
// work.
func (c *Cell) ServerCost(s *Sample) (float64, bool) { return c.cost(s, ServerCores) }

// LoaderCost is as ServerCost; empty polls are no work.
func (c *Cell) LoaderCost(s *Sample) (float64, bool) { return c.cost(s, LoaderCores) }

func (c *Cell) cost(s *Sample, cores Value) (float64, bool) {
	n, ok := cores(s)
	done, _ := c.Work(s)
	if !ok || done <= 0 {
		return 0, false
	}
	return n / done * 1e9, true
}

// Pool is the cell of the trials of several runs.
func Pool(list ...Cell) Cell {
	out := list[0]
	for _, c := range list[1:] {
		out.Valid = append(slices.Clip(out.Valid), c.Valid...)
		out.Voids = append(slices.Clip(out.Voids), c.Voids...)
		if out.Absent != Void && c.Absent != "" {
			out.Absent, out.Why = c.Absent, c.Why
		}
	}
	if len(out.Valid) > 0 {
		out.Absent, out.Why = "", ""
	}
	return out
}

// One is the sample of a single trial in the phase of that name; why says why it
// counts for nothing.
func One(t *results.Trial, phase string, limits results.Thresholds) (s *Sample, why string) {
	light := lighter(t)
	if t.State != results.TrialOK || len(t.Loaders) == 0 {
		return nil, cmp.Or(t.Reason, "nothing was measured")
	}
	var c Cell
	var rest rest
	c.take(reduce(t, &light, limits), phase, &rest)
	switch {
	case len(c.Valid) > 0:
		return c.Valid[0], ""
	case len(c.Voids) > 0:
		return nil, c.Voids[0]
	}
	return nil, cmp.Or(rest.beyond, rest.skipped, "the loader reported no such phase")
}
