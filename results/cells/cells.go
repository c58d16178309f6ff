// Package cells decides what the trials of a run are worth: which of them count
// in a cell, their values there, the median, its marks (a lower bound, rough,
// absent and why), and its limit. Tables, comparisons and duels draw cells and
// derive nothing of their own.
//
// A trial is decoded when it is added, and its histograms are dropped: a journal
// may be read trial by trial.
package cells

import (
	"iter"
	"slices"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
)

// Set is the cells of one run.
type Set struct {
	// Run is the run; its Trials are without histograms and timelines.
	Run    results.Run
	limits results.Thresholds
	// own are the percentiles that the plan asks for.
	own []metric.Name
	// trials are the measured ones by cell, in the order of the journal.
	trials map[key][]*trial
}

type key struct{ server, scenario, protocol string }

// trial is a trial without histograms.
type trial struct {
	*results.Trial
	// distributions are those of its valid phases, by name.
	distributions map[string]Distributions
}

// New returns the set of a run without its trials.
func New(run results.Run) *Set {
	s := &Set{Run: run, limits: run.Plan.Limits(), own: ownPercentiles(run.Plan), trials: map[key][]*trial{}}
	s.Run.Trials = nil
	return s
}

// ownPercentiles returns the percentiles of the plan that tables do not show anyway.
func ownPercentiles(p results.Plan) []metric.Name {
	var out []metric.Name
	for _, name := range p.Percentiles {
		if n := metric.Name(name); n.IsLatency() && !slices.Contains(metric.Latencies(), n) {
			out = append(out, n)
		}
	}
	return out
}

// Percentiles returns the percentiles that the run's tables show, in rising order.
func (s *Set) Percentiles() []metric.Name { return metric.Rising(metric.Percentiles(), s.own) }

// Of returns the set of a run with its trials.
func Of(run results.Run) *Set {
	s := New(run)
	for i := range run.Trials {
		s.Add(&run.Trials[i])
	}
	return s
}

// Stream returns the set of a run whose trials come one after the other: one at
// a time has its histograms in memory.
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

// Add adds the next trial of the journal. It neither changes the trial nor keeps
// its histograms.
func (s *Set) Add(t *results.Trial) {
	light := lighter(t)
	s.Run.Trials = append(s.Run.Trials, light)
	if t.Kind == results.TrialMeasured {
		k := key{t.Server, t.Scenario, t.Protocol}
		s.trials[k] = append(s.trials[k], reduce(t, &light, s.limits, s.own))
	}
}

// reduce decodes the distributions of the trial's valid phases; light is the
// trial without histograms.
func reduce(t, light *results.Trial, limits results.Thresholds, own []metric.Name) *trial {
	out := &trial{Trial: light, distributions: map[string]Distributions{}}
	if t.State != results.TrialOK {
		return out
	}
	for i := range t.Phases {
		if p := &t.Phases[i]; p.Verdict.Valid {
			out.distributions[p.Name] = Read(limits, loadOf(t.Loaders, p.Name), own...)
		}
	}
	return out
}

// loadOf returns the load's phase of that name; nil where it was skipped. A trial
// has one report: the loaders' reports are merged before they are stored.
func loadOf(reports []results.Report, name string) *results.Phase {
	for i := range reports {
		if p := reports[i].Phase(name); p != nil && p.Skipped == "" {
			return p
		}
	}
	return nil
}

// Trials returns the measured trials of one server in one table, of any state, in
// the order of the journal.
func (s *Set) Trials(server string, t results.PlanTable) []*results.Trial {
	var out []*results.Trial
	for _, trial := range s.trials[key{server, t.Scenario, t.Protocol}] {
		out = append(out, trial.Trial)
	}
	return out
}

// Row returns the scenario of the table, or one with little more than its name.
func (s *Set) Row(t results.PlanTable) results.Scenario {
	if row := s.Run.Scenario(t.Scenario); row != nil {
		return *row
	}
	return results.Scenario{Name: t.Scenario, Clients: t.Clients, Depth: 1}
}

// Bandwidth reports whether the table's closed loop is about bytes of bodies and
// not about requests.
func (s *Set) Bandwidth(t results.PlanTable) bool { return s.Row(t).RankBy == "bandwidth" }

// lighter returns the trial without the parts that only distributions need:
// histograms, timelines and single requests.
func lighter(t *results.Trial) results.Trial {
	out := *t
	out.Loaders, out.Parts = changed(t.Loaders, lightReport), changed(t.Parts, lightReport)
	out.Phases = changed(t.Phases, lightPhase)
	out.Sweep = changed(t.Sweep, func(p results.SweepPoint) results.SweepPoint {
		if p.Report != nil {
			p.Report = new(lightReport(*p.Report))
		}
		p.Seen = lightPhase(p.Seen)
		return p
	})
	if t.Search != nil {
		out.Search = new(*t.Search)
		out.Search.Steps = changed(t.Search.Steps, func(s results.SearchStep) results.SearchStep {
			s.Seen = lightPhase(s.Seen)
			return s
		})
	}
	return out
}

// changed returns a copy of the list with the result of f for each item.
func changed[T any](list []T, f func(T) T) []T {
	list = slices.Clone(list)
	for i := range list {
		list[i] = f(list[i])
	}
	return list
}

func lightReport(r results.Report) results.Report {
	r.Connect, r.TLSHandshake = nil, nil
	r.Phases = changed(r.Phases, func(p results.Phase) results.Phase {
		g := &p.Total
		g.Service, g.Corrected, g.FirstByte, g.Write, g.FailedTime = nil, nil, nil, nil, nil
		p.SendLagIdle, p.SendLagBlocked, p.ReceiveLag, p.LoopGaps = nil, nil, nil, nil
		p.Groups, p.Slowest, p.Timeline = nil, nil, nil
		return p
	})
	return r
}

// lightPhase leaves the last point of the timelines: a container's memory at the
// window's end.
func lightPhase(p results.TrialPhase) results.TrialPhase {
	for _, u := range []**results.Usage{&p.Server, &p.Loader} {
		if *u != nil && len((*u).Timeline) > 0 {
			*u = new(**u)
			(*u).Timeline = slices.Clone((*u).Timeline[len((*u).Timeline)-1:])
		}
	}
	return p
}
