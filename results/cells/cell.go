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

// Cell is one server's trials of one phase of one table.
type Cell struct {
	Server results.Server
	// Planned is the number of trials that the plan has.
	Planned int
	// Bandwidth is true for a closed loop that is about bytes of bodies.
	Bandwidth bool
	// Valid are the trials that count, in the order of the journal.
	Valid []*Observation
	// Voids are the reasons of void trials, in the order of the journal.
	Voids []string
	// Absent and Why are set where no trial counts.
	Absent Absence
	Why    string

	uncounted
	// sends is true where the bodies of requests count and not those of answers.
	sends bool
	// events is true where a closed loop counts server-sent events.
	events bool
	// whole is true for the cell of a whole ladder.
	whole  bool
	limits results.Thresholds
}

// uncounted describes the trials that are neither valid nor void.
type uncounted struct {
	interrupted int
	// beyond and skipped say why the phase was not run: the loader could not pace
	// it, or another reason.
	beyond, skipped string
}

// Closed returns the cell of a table's closed loop.
func (s *Set) Closed(t results.PlanTable, server results.Server) Cell {
	return s.closed(t, server, func(c *Cell, trial *trial) { c.addPhase(trial, results.PhaseClosed) })
}

// Open returns the cell of one open loop of a table.
func (s *Set) Open(t results.PlanTable, server results.Server, rate results.PlanRate) Cell {
	return s.cell(t, server, func(c *Cell, trial *trial) { c.addPhase(trial, rate.PhaseName()) })
}

// Point returns the cell of one number of clients of a table's sweep; its
// observations have no distributions.
func (s *Set) Point(t results.PlanTable, server results.Server, clients int) Cell {
	return s.closed(t, server, func(c *Cell, trial *trial) { c.addPoint(trial, clients) })
}

// Ladder returns the cell of a table's whole ladder: its observations have no
// phase.
func (s *Set) Ladder(t results.PlanTable, server results.Server) Cell {
	c := s.cell(t, server, func(c *Cell, trial *trial) {
		c.Valid = append(c.Valid, &Observation{Trial: trial.Trial, Load: &results.Phase{}, Phase: &results.TrialPhase{}})
	})
	c.whole = true
	return c
}

func (s *Set) closed(t results.PlanTable, server results.Server, add func(*Cell, *trial)) Cell {
	c := s.cell(t, server, add)
	c.Bandwidth, c.events = s.Bandwidth(t), s.Row(t).Unit == "events"
	return c
}

// cell gathers the server's trials; add adds those that came to their end.
func (s *Set) cell(t results.PlanTable, server results.Server, add func(*Cell, *trial)) Cell {
	c := Cell{Server: server, Planned: t.Trials, limits: s.limits, sends: sends(s.Row(t))}
	for _, trial := range s.trials[key{server.Name, t.Scenario, t.Protocol}] {
		switch trial.State {
		case results.TrialVoid:
			c.Voids = append(c.Voids, reasonOf(trial.Trial))
		case results.TrialRepeated:
		case results.TrialInterrupted:
			c.interrupted++
		default:
			add(&c, trial)
		}
	}
	if len(c.Valid) == 0 {
		c.Absent, c.Why = s.missing(t, server, c.Voids, c.uncounted)
	}
	return c
}

// reasonOf says why a trial is void.
func reasonOf(t *results.Trial) string { return cmp.Or(t.Reason, "no reason was stored") }

// addPhase adds one trial to the cell of the phase.
func (c *Cell) addPhase(t *trial, name string) {
	for i := range t.Loaders {
		if p := t.Loaders[i].Phase(name); p != nil && p.Skipped != "" {
			c.skipped = p.Skipped
		}
	}
	s := &Observation{Trial: t.Trial, Load: loadOf(t.Loaders, name), distributions: t.distributions[name]}
	for i := range t.Phases {
		if t.Phases[i].Name == name {
			s.Phase = &t.Phases[i]
		}
	}
	switch {
	case s.Phase != nil && s.Phase.Verdict.NotRun:
		c.skip(s.Phase.Verdict)
	case s.Phase != nil && !s.Phase.Verdict.Valid:
		c.Voids = append(c.Voids, s.Phase.Verdict.Why())
	case s.Load == nil:
		// Skipped, or never begun: c.skipped and the run's state say why.
	case s.Phase == nil:
		c.Voids = append(c.Voids, "no verdict was stored")
	default:
		c.Valid = append(c.Valid, s)
	}
}

// addPoint adds one trial to the cell of a sweep's number of clients.
func (c *Cell) addPoint(t *trial, clients int) {
	i := slices.IndexFunc(t.Sweep, func(p results.SweepPoint) bool { return p.Clients == clients })
	if i < 0 {
		c.skipped = "throughput had stopped growing with fewer clients"
		return
	}
	point := &t.Sweep[i]
	if !point.Seen.Verdict.Valid {
		c.Voids = append(c.Voids, point.Seen.Verdict.Why())
	} else if load := loadOf([]results.Report{*point.Report}, results.PhaseClosed); load != nil {
		c.Valid = append(c.Valid, &Observation{Trial: t.Trial, Load: load, Phase: &point.Seen})
	}
}

// skip notes why a phase was not run.
func (u *uncounted) skip(verdict results.Verdict) {
	for _, reason := range verdict.Reasons {
		if reason.Code == results.CodeBeyondLoader {
			// Tables put the same words before the reason.
			u.beyond = strings.TrimPrefix(reason.Text, string(BeyondLoader)+": ")
			return
		}
	}
	u.skipped = verdict.Why()
}

// missing says why a cell without a valid trial is empty.
func (s *Set) missing(t results.PlanTable, server results.Server, voids []string, u uncounted) (Absence, string) {
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
	case u.interrupted > 0:
		return Interrupted, "the run was interrupted in this trial"
	case u.beyond != "":
		return BeyondLoader, u.beyond
	case u.skipped != "":
		return NotRun, u.skipped
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

// Values returns the value of each valid trial that has one.
func (c *Cell) Values(value Value) []float64 {
	var values []float64
	for _, s := range c.Valid {
		if x, ok := value(s); ok {
			values = append(values, x)
		}
	}
	return values
}

// Median returns the median of the value over the valid trials.
func (c *Cell) Median(value Value) stats.Estimate { return stats.Median(c.Values(value)) }

// Work is the throughput that the cell's table compares: requests a second, events a
// second, or bytes of bodies a second.
func (c *Cell) Work(s *Observation) (float64, bool) {
	switch {
	case c.Bandwidth:
		return c.Bodies(s)
	case c.events:
		return perSecond(s.Load.Total.Events, s.Load), true
	}
	return Throughput(s)
}

// ServerCost is the server's CPU time in nanoseconds per unit of work.
func (c *Cell) ServerCost(s *Observation) (float64, bool) { return c.cost(s, ServerCores) }

// LoaderCost is the loader's CPU time in nanoseconds per unit of work; empty
// polls are no work.
func (c *Cell) LoaderCost(s *Observation) (float64, bool) { return c.cost(s, LoaderCores) }

func (c *Cell) cost(s *Observation, cores Value) (float64, bool) {
	n, ok := cores(s)
	done, _ := c.Work(s)
	if !ok || done <= 0 {
		return 0, false
	}
	return n / done * 1e9, true
}

// Pool returns the cell of the trials of several runs.
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

// One returns the observation of a single trial in the phase of that name; why
// says why the trial does not count.
func One(t *results.Trial, phase string, limits results.Thresholds) (s *Observation, why string) {
	light := lighter(t)
	if t.State != results.TrialOK || len(t.Loaders) == 0 {
		return nil, cmp.Or(t.Reason, "nothing was measured")
	}
	var c Cell
	c.addPhase(reduce(t, &light, limits, nil), phase)
	switch {
	case len(c.Valid) > 0:
		return c.Valid[0], ""
	case len(c.Voids) > 0:
		return nil, c.Voids[0]
	}
	return nil, cmp.Or(c.beyond, c.skipped, "the loader reported no such phase")
}
