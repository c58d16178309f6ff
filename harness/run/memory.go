package run

import (
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/trial"
	"github.com/joust-bench/joust/results"
)

// memory holds what later trials need of earlier ones.
type memory struct {
	// scouts are the scouting trials.
	scouts []results.Trial
	knees  map[kneeKey]trial.Candidate
	probes map[cell][]results.Probe
}

// kneeKey names a trial whose search is confirmed by another.
type kneeKey struct {
	server, scenario, protocol string
	repetition                 int
}

// cell names the trials that share experiments.
type cell struct {
	server, scenario, protocol string
	clients                    int
}

// keep remembers a trial.
func (m *memory) keep(t *results.Trial) {
	if t.Kind == results.TrialScout {
		m.scouts = append(m.scouts, *t)
	}
	if t.Kind != results.TrialMeasured || t.State != results.TrialOK || len(t.Loaders) == 0 {
		return
	}
	clients := t.Loaders[0].ConnectionsAsked
	c := cell{t.Server, t.Scenario, t.Protocol, clients}
	for _, phase := range t.Phases {
		if m.probes == nil {
			m.probes = map[cell][]results.Probe{}
		}
		m.probes[c] = append(m.probes[c], phase.Probes...)
	}
	if s := t.Search; s != nil && s.KeptRPS != nil {
		if m.knees == nil {
			m.knees = map[kneeKey]trial.Candidate{}
		}
		m.knees[kneeKey{t.Server, t.Scenario, t.Protocol, t.Repetition}] = trial.Candidate{
			RateRPS: *s.KeptRPS, Clients: clients, Stop: s.Stop, AtLeast: s.AtLeast,
		}
	}
}

// knee returns the knee that the trial would confirm, with the rate 0 for none.
func (m *memory) knee(t plan.Trial) trial.Candidate {
	return m.knees[kneeKey{t.Entry.As, t.Table.Scenario, t.Table.Protocol, t.Repetition}]
}

// probesOf returns the experiments made so far on the trial's cell, by clients.
func (m *memory) probesOf(t plan.Trial) func(clients int) []results.Probe {
	return func(clients int) []results.Probe {
		return m.probes[cell{t.Entry.As, t.Table.Scenario, t.Table.Protocol, clients}]
	}
}
