package trial

import (
	"fmt"
	"time"

	"github.com/joust-bench/joust/harness/knee"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
)

// searchStart is the share of the peak at which a search for a rate starts.
const searchStart = 0.25

// endedEarly is the text of a search that no limit stopped.
const endedEarly = "the trial ended before its search"

// seeker decides the next rate of a search or of a confirmation.
type seeker interface {
	Next() (rate float64, ok bool)
	Note(kept bool)
	Bracket() (kept, missed float64)
}

var (
	_ seeker = (*knee.Bisection)(nil)
	_ seeker = (*knee.Confirmation)(nil)
)

// rateSearch is the search of one trial for the highest rate that keeps the
// table's objective, or the confirmation of the candidate.
type rateSearch struct {
	seeker    seeker
	candidate Candidate
	// loaderCeiling is true when the loader's pacing bounds the search.
	loaderCeiling bool
	// ended says why there is no further step; empty while the seeker decides.
	ended string
	// running is the step that runs now, without a phase between steps.
	running loaders.Adjustment
	steps   []results.SearchStep
}

// searchStep judges the last step and decides the next.
func (r *rates) searchStep(phase string) loaders.Adjustment {
	if r.search == nil {
		r.search = r.newSearch()
	}
	r.judgeStep()
	s := r.search
	if s.ended != "" {
		return loaders.Adjustment{Phase: phase, Skip: s.ended}
	}
	rate, ok := s.seeker.Next()
	if !ok {
		return loaders.Adjustment{Phase: phase, Skip: "the search has ended"}
	}
	window, ok := plan.SearchWindow(r.trial, rate)
	if !ok {
		s.ended = tooSlow(r.trial, rate)
		return loaders.Adjustment{Phase: phase, Skip: s.ended}
	}
	s.running = loaders.Adjustment{Phase: phase, RateRPS: rate, Duration: window}
	return s.running
}

// tooSlow says that a window at the rate has too few requests.
func tooSlow(t plan.Trial, rate float64) string {
	o, samples := t.Table.Objective, plan.SamplesFor(t.Table.Objective.Quantile)
	return fmt.Sprintf("%s takes %.0f requests a window: at %.0f req/s that is %.1f s, more than the %v allowed; ask for longer windows with --duration",
		o.Percentile, samples, rate, samples/rate, plan.LongestWindow(t))
}

// newSearch begins a search around this trial's peak, or a confirmation.
func (r *rates) newSearch() *rateSearch {
	if r.trial.Kind == results.TrialConfirm {
		return &rateSearch{candidate: r.Candidate, seeker: knee.NewConfirmation(r.Candidate.RateRPS, 0, false)}
	}
	s := &rateSearch{}
	ceiling, most := r.peak*plan.MaxFraction, judge.MostPaced(r.Plan.Limits(), r.cost, r.threads)
	if most < ceiling {
		ceiling, s.loaderCeiling = most, true
	}
	bounds, ok := knee.BoundsAround(r.peak*searchStart, plan.LeastRate(r.trial), ceiling)
	switch {
	case ok:
		s.seeker = knee.NewBisection(bounds, knee.RateRules())
	case r.peak <= 0:
		s.ended = "there is no peak to start from: the closed loop completed nothing"
	default:
		s.ended = tooSlow(r.trial, ceiling)
	}
	return s
}

// judgeStep judges a step that has ended, and reports it to the seeker.
func (r *rates) judgeStep() {
	s, p := r.search, r.last.Result
	if p == nil || p.Name != s.running.Phase {
		return
	}
	m := r.step(r.last, s.running.Duration)
	o := *r.trial.Table.Objective
	step := judge.Objective(r.Plan.Limits(), o, plan.LeastSamples(o.Quantile), p, m.Verdict)
	step.RateRPS, step.Seen = s.running.RateRPS, *m
	s.steps = append(s.steps, step)
	s.seeker.Note(step.Kept)
	s.running = loaders.Adjustment{}
}

// result puts the highest rate and the reason of the stop into words.
func (s *rateSearch) result() *results.Search {
	out := &results.Search{Steps: s.steps, Stop: s.ended}
	if s.seeker == nil {
		return out
	}
	kept, missed := s.seeker.Bracket()
	if kept > 0 {
		out.KeptRPS = &kept
	}
	search, searching := s.seeker.(*knee.Bisection)
	step := s.lastAt(missed)
	switch {
	case s.ended != "":
	case searching && search.End() == knee.Ceiling && s.loaderCeiling:
		out.Stop, out.AtLeast = "beyond the loader, which can pace no more here", true
	case searching && search.End() == knee.Ceiling:
		out.Stop, out.AtLeast = fmt.Sprintf("no more than %g × the closed loop's peak is asked for", plan.MaxFraction), true
	case step != nil:
		out.Stop, out.AtLeast = fmt.Sprintf("at %.0f req/s %s", missed, step.Why), step.Loader
	case !searching && kept > 0:
		out.Stop, out.AtLeast = s.candidate.Stop, s.candidate.AtLeast
	default:
		out.Stop = endedEarly
	}
	return out
}

// lastAt returns the last step at a rate, or nil.
func (s *rateSearch) lastAt(rate float64) *results.SearchStep {
	for i := len(s.steps) - 1; i >= 0; i-- {
		if s.steps[i].RateRPS == rate {
			return &s.steps[i]
		}
	}
	return nil
}

// step judges the step of a search that has just ended, and the part of each of
// several loaders in it; window is its least length.
func (l *load) step(d loaders.PhaseDone, window time.Duration) *results.TrialPhase {
	l.sampler.Wait()
	m := l.samples(d.Phase)
	if m == nil {
		m = &results.TrialPhase{Name: d.Phase}
	}
	parts := make([]results.Report, len(d.Parts))
	for i, part := range d.Parts {
		parts[i] = l.soFar(l.ready.Parts[i])
		parts[i].Phases = []results.Phase{*part.Result}
	}
	whole := l.soFar(l.ready)
	m.Verdict = judge.Each(l.evidence(&whole, d.Result, m, window), parts)
	return m
}

// soFar returns the report of a load that goes on.
func (l *load) soFar(r loaders.Ready) results.Report {
	return results.Report{ConnectionsAsked: r.Asked, ConnectionsOpen: r.Connections, Depth: l.spec.Depth}
}
