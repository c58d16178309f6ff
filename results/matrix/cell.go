package matrix

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// absence says why a cell has no value.
type absence string

// What "—" says.
const (
	unsupported  absence = "unsupported"
	notSayable   absence = "not expressible"
	noFixture    absence = "no fixture"
	notInstalled absence = "not installed"
	void         absence = "void"
	notRun       absence = "not run"
	beyondLoader absence = "beyond the loader"
	interrupted  absence = "interrupted"
)

func (a absence) String() string { return "— " + string(a) }

// sample is one valid trial's phase.
type sample struct {
	trial *results.Trial
	// loads has one phase an agent: one today.
	loads []*results.Phase
	phase *results.TrialPhase
}

// cell is one server's trials of one phase.
type cell struct {
	server  results.Server
	planned int
	valid   []sample
	// voids are the reasons of void trials, in the order of the trials.
	voids []string
	// absent and why are set when no trial is valid.
	absent absence
	why    string
}

// phaseOf finds a loader's phase of the wanted kind.
type phaseOf func(*results.Report) *results.Phase

// closedPhase is the measured closed-loop phase: the peak.
func closedPhase(r *results.Report) *results.Phase {
	for i := range r.Phases {
		if p := &r.Phases[i]; p.Loop == results.ClosedLoop && p.Measured {
			return p
		}
	}
	return nil
}

// openPhase is the open-loop phase of one step of the plan.
func openPhase(rate results.PlanRate) phaseOf {
	return func(r *results.Report) *results.Phase {
		if p := r.Phase(rate.PhaseName()); p != nil && p.Loop == results.OpenLoop {
			return p
		}
		return nil
	}
}

// cell gathers a server's trials of one phase. The phase's name is that under
// which the harness stored its verdict.
func (v *view) cell(t results.PlanTable, s results.Server, name string, find phaseOf) cell {
	c := cell{server: s, planned: t.Trials}
	var other tally
	for _, trial := range v.trials[cellKey{s.Name, t.Scenario, t.Protocol}] {
		c.take(trial, name, find, &other)
	}
	if len(c.valid) == 0 {
		c.absent, c.why = v.missing(t, s, c.voids, other)
	}
	return c
}

// tally counts the trials that are neither valid nor void.
type tally struct {
	interrupted int
	beyond      string
	skipped     string
}

// take sorts one trial into the cell.
func (c *cell) take(trial *results.Trial, name string, find phaseOf, other *tally) {
	switch trial.State {
	case results.TrialVoid:
		c.voids = append(c.voids, cmp.Or(trial.Reason, "no reason was stored"))
		return
	case results.TrialRepeated:
		return
	case results.TrialInterrupted:
		other.interrupted++
		return
	}
	s := sample{trial: trial}
	for i := range trial.Loaders {
		p := find(&trial.Loaders[i])
		if p == nil {
			continue
		}
		name = p.Name
		if p.Skipped != "" {
			other.skipped = p.Skipped
			continue
		}
		s.loads = append(s.loads, p)
	}
	s.phase = trialPhase(trial, name)
	switch {
	case s.phase != nil && s.phase.Verdict.NotRun:
		other.skip(s.phase.Verdict)
	case s.phase != nil && !s.phase.Verdict.Valid:
		c.voids = append(c.voids, s.phase.Verdict.Why())
	case len(s.loads) == 0:
		// Skipped, or never begun: the tally and the run's state say why.
	case s.phase == nil:
		c.voids = append(c.voids, "no verdict was stored")
	default:
		c.valid = append(c.valid, s)
	}
}

// skip notes why a phase was not run.
func (o *tally) skip(verdict results.Verdict) {
	for _, r := range verdict.Reasons {
		if r.Code == results.CodeBeyondLoader {
			// The cell says "beyond the loader" before it.
			o.beyond = strings.TrimPrefix(r.Text, string(beyondLoader)+": ")
			return
		}
	}
	o.skipped = verdict.Why()
}

func trialPhase(t *results.Trial, name string) *results.TrialPhase {
	for i := range t.Phases {
		if t.Phases[i].Name == name {
			return &t.Phases[i]
		}
	}
	return nil
}

// missing says why a cell without a valid trial is empty.
func (v *view) missing(t results.PlanTable, s results.Server, voids []string, other tally) (absence, string) {
	reason, isUnsupported := s.Unsupported[t.Scenario]
	difference, failed := s.CheckFailed[t.Scenario]
	switch {
	case s.Unavailable != "":
		return notInstalled, s.Unavailable
	case t.NotExpressible != "":
		return notSayable, t.NotExpressible
	case isUnsupported:
		return unsupported, reason
	case !claims(s, t):
		return noFixture, fmt.Sprintf("its manifest does not claim %s on %s", t.Scenario, t.Protocol)
	case failed:
		return void, "the full check failed: " + difference
	case len(voids) > 0:
		return void, voids[0]
	case other.interrupted > 0:
		return interrupted, "the run was interrupted in this trial"
	case other.beyond != "":
		return beyondLoader, other.beyond
	case other.skipped != "":
		return notRun, other.skipped
	case v.run.State == results.RunRunning:
		return notRun, "not measured yet"
	case v.run.State == results.RunInterrupted:
		return notRun, "the run was interrupted before it"
	}
	return notRun, "no trial of it was stored"
}

// claims tells whether the server's manifest has the row on the protocol. A
// run without manifests claims everything.
func claims(s results.Server, t results.PlanTable) bool {
	var m struct {
		Scenarios []string `json:"scenarios"`
		Protocols []string `json:"protocols"`
	}
	if err := json.Unmarshal(s.Manifest, &m); err != nil {
		// No manifest was stored: it cannot deny anything.
		return true
	}
	has := func(list []string, name string) bool { return len(list) == 0 || slices.Contains(list, name) }
	return has(m.Scenarios, t.Scenario) && has(m.Protocols, t.Protocol)
}

// values is what value gives for the valid trials; trials for which it gives
// nothing are left out.
func (c *cell) values(value func(sample) (float64, bool)) []float64 {
	var values []float64
	for _, s := range c.valid {
		if x, ok := value(s); ok {
			values = append(values, x)
		}
	}
	return values
}

// median is the median over the valid trials of what value gives.
func (c *cell) median(value func(sample) (float64, bool)) stats.Estimate {
	return stats.Median(c.values(value))
}

// remarks is what follows a value: trials that are void or not there yet.
func (c *cell) remarks() string {
	if n := len(c.voids); n > 0 {
		return fmt.Sprintf("; %d of %d void", n, n+len(c.valid))
	}
	if len(c.valid) != c.planned {
		return fmt.Sprintf("; n = %d", len(c.valid))
	}
	return ""
}
