// Package cells says what the trials of a run are worth: which of them count in
// a cell, what each measured there, what their median is, how far it may be
// believed (a lower bound, rough, absent and why), and what limited it. Tables,
// comparisons and duels draw cells and derive nothing of their own.
//
// Histograms are decoded once, when a trial is added; what is kept of a trial
// has none left, so that a journal may be read trial by trial.
package cells

import (
	"iter"
	"slices"

	"github.com/joust-bench/joust/results"
)

// Set is the cells of one run.
type Set struct {
	// Run is the run; its Trials are without histograms and timelines.
	Run    results.Run
	limits results.Thresholds
	// trials are the measured ones by cell, in the order of the journal.
	trials map[key][]*trial
}

type key struct{ server, scenario, protocol string }

// trial is what is kept of one trial.
type trial struct {
	*results.Trial
	// readings are those of its valid phases, by name.
	readings map[string]Readings
}

// New is the set of a run without trials: those of the run are left aside.
func New(run results.Run) *Set {
	s := &Set{Run: run, limits: run.Plan.Limits(), trials: map[key][]*trial{}}
	s.Run.Trials = nil
	return s
}

// Of is the set of a run with its trials.
func Of(run results.Run) *Set {
	s := New(run)
	s.Run.Trials = make([]results.Trial, 0, len(run.Trials))
	for i := range run.Trials {
		s.Add(&run.Trials[i])
	}
	return s
}

// Stream is the set of a run whose trials come one after the other, so that no
// more than one has its histograms in memory.
func Stream(run results.Run, trials iter.Seq2[results.Trial, error]) (*Set, error) {
	s := New(run)
	for t, err := range trials {
		if err != nil {
			return nil, err
		}
		s.Add(&t)
	}
	return s, nil
}

// Add takes the next trial of the journal. The trial is not changed, and its
// histograms are not kept.
func (s *Set) Add(t *results.Trial) {
	light := lighter(t)
	s.Run.Trials = append(s.Run.Trials, light)
	if t.Kind == results.TrialMeasured {
		k := key{t.Server, t.Scenario, t.Protocol}
		s.trials[k] = append(s.trials[k], reduce(t, &light, s.limits))
	}
}

// reduce decodes what the cells of a trial need.
func reduce(t, light *results.Trial, limits results.Thresholds) *trial {
	out := &trial{Trial: light, readings: map[string]Readings{}}
	if t.State != results.TrialOK {
		return out
	}
	for i := range t.Phases {
		if seen := &t.Phases[i]; seen.Verdict.Valid {
			out.readings[seen.Name] = Read(limits, loadsOf(t, seen.Name)...)
		}
	}
	return out
}

// loadsOf are the loaders' phases of that name, those that were skipped left
// out.
func loadsOf(t *results.Trial, name string) []*results.Phase {
	var out []*results.Phase
	for i := range t.Loaders {
		out = append(out, phasesOf(&t.Loaders[i], name)...)
	}
	return out
}

func phasesOf(r *results.Report, name string) []*results.Phase {
	if p := r.Phase(name); p != nil && p.Skipped == "" {
		return []*results.Phase{p}
	}
	return nil
}

// Trials are the measured trials of one server in one table, of any state, in
// the order of the journal.
func (s *Set) Trials(server string, t results.PlanTable) []*results.Trial {
	var out []*results.Trial
	for _, trial := range s.trials[key{server, t.Scenario, t.Protocol}] {
		out = append(out, trial.Trial)
	}
	return out
}

// Row is the scenario of the table, or one that knows only its name.
func (s *Set) Row(t results.PlanTable) results.Scenario {
	if row := s.Run.Scenario(t.Scenario); row != nil {
		return *row
	}
	return results.Scenario{Name: t.Scenario, Clients: t.Clients, Depth: 1}
}

// Bandwidth reports whether the table's closed loop is about bytes of bodies and
// not about requests.
func (s *Set) Bandwidth(t results.PlanTable) bool { return s.Row(t).RankBy == "bandwidth" }

// lighter is the trial without what only readings need: histograms, timelines
// and single requests.
func lighter(t *results.Trial) results.Trial {
	out := *t
	out.Loaders = slices.Clone(t.Loaders)
	for i := range out.Loaders {
		lightenReport(&out.Loaders[i])
	}
	out.Parts = slices.Clone(t.Parts)
	for i := range out.Parts {
		lightenReport(&out.Parts[i])
	}
	out.Phases = slices.Clone(t.Phases)
	for i := range out.Phases {
		lightenSeen(&out.Phases[i])
	}
	out.Sweep = slices.Clone(t.Sweep)
	for i := range out.Sweep {
		if r := out.Sweep[i].Report; r != nil {
			light := *r
			lightenReport(&light)
			out.Sweep[i].Report = &light
		}
		lightenSeen(&out.Sweep[i].Seen)
	}
	if t.Search != nil {
		search := *t.Search
		search.Steps = slices.Clone(search.Steps)
		for i := range search.Steps {
			lightenSeen(&search.Steps[i].Seen)
		}
		out.Search = &search
	}
	return out
}

func lightenReport(r *results.Report) {
	r.Connect, r.TLSHandshake = nil, nil
	r.Phases = slices.Clone(r.Phases)
	for i := range r.Phases {
		p := &r.Phases[i]
		g := &p.Total
		g.Service, g.Corrected, g.FirstByte, g.Write, g.FailedTime = nil, nil, nil, nil, nil
		p.SendLagIdle, p.SendLagBlocked, p.ReceiveLag, p.LoopGaps = nil, nil, nil, nil
		p.Groups, p.Slowest, p.Timeline = nil, nil, nil
	}
}

// lightenSeen keeps the last point of the server's timeline: what a container
// held at the window's end.
func lightenSeen(p *results.TrialPhase) {
	for _, u := range []**results.Usage{&p.Server, &p.Loader} {
		if *u == nil || len((*u).Timeline) == 0 {
			continue
		}
		light := **u
		light.Timeline = slices.Clone(light.Timeline[len(light.Timeline)-1:])
		*u = &light
	}
}
