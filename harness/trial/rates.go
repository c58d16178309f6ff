package trial

import (
	"slices"
	"time"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
)

// rates decides what the open-loop phases of a load ask for: the rates of the
// plan, or the steps of a search.
type rates struct {
	*attempt
	trial plan.Trial
	// named are the plan's rates by their phase's name, steps the phases of a
	// search. skipped has why phases of the plan's rates are left out.
	named   map[string]results.PlanRate
	steps   map[string]bool
	skipped map[string]judge.Rate
	// judge judges the step of a search that has just ended.
	judge func(p *results.Phase, window time.Duration) *results.TrialPhase

	// peak and cost are of this trial's closed loop: req/s, and the loader's CPU
	// nanoseconds per request over threads.
	peak, cost float64
	threads    int
	// last is the last phase with a result, hunt the search for a rate.
	last *results.Phase
	hunt *hunt
}

// newRates makes the rates of a load of the trial.
func newRates(a *attempt, t plan.Trial, judged func(*results.Phase, time.Duration) *results.TrialPhase) *rates {
	r := &rates{
		attempt: a, trial: t, judge: judged,
		named: map[string]results.PlanRate{}, steps: map[string]bool{}, skipped: map[string]judge.Rate{},
	}
	for _, x := range t.Table.Rates {
		r.named[x.PhaseName()] = x
	}
	for _, x := range plan.Phases(t, *a.Plan) {
		if x.Tell {
			r.steps[x.Name] = true
		}
	}
	return r
}

// done notes how a phase went.
func (r *rates) done(d loaders.PhaseDone) {
	if d.CPUPerRequestNS > 0 && r.cost == 0 {
		r.cost = d.CPUPerRequestNS
	}
	r.threads = d.Threads
	r.last = d.Result
	if d.Phase == results.PhaseClosed {
		r.peak, r.cost = d.ThroughputRPS, d.CPUPerRequestNS
	}
}

// next decides the rate of the phase that comes, or that it is skipped.
func (r *rates) next(phase string) loaders.Adjustment {
	if r.steps[phase] {
		return r.searchStep(phase)
	}
	rate := r.rate(phase)
	if rate.Skip != "" {
		r.skipped[phase] = rate
	}
	return loaders.Adjustment{Phase: phase, RateRPS: rate.RPS, RampToRPS: r.rampEnd(), Skip: rate.Skip}
}

// peakRPS returns the peak of which the trial's rates are shares; 0 for none.
func (r *rates) peakRPS() float64 {
	if r.trial.Table.Closed {
		return r.peak
	}
	return plan.Peak(*r.Plan, r.trial.Entry, r.trial.Table)
}

// rampEnd returns the rate with which the ramps of the trial end, in req/s.
func (r *rates) rampEnd() float64 {
	return max(r.trial.Table.RampToRPS, r.trial.Table.RampToFraction*r.peakRPS())
}

// rate is the plan's rate of the phase.
func (r *rates) rate(phase string) judge.Rate {
	x, ok := r.named[phase]
	if !ok {
		return judge.Rate{SkipCode: "no-rate", Skip: "the plan names no rate for this phase"}
	}
	var rps float64
	switch x.Kind {
	case results.RateAbsolute:
		rps = x.RateRPS
	case results.RateCommon:
		if rps = r.CommonRPS; rps == 0 {
			return judge.Rate{SkipCode: "no-common-rate", Skip: "no scouting trial gave a common rate"}
		}
	default:
		rps = x.Fraction * r.peakRPS()
	}
	if rps <= 0 || r.trial.Table.RampToFraction > 0 && r.rampEnd() <= 0 {
		return judge.Rate{SkipCode: "no-peak", Skip: "there is no peak to take a fraction of: the closed loop completed nothing"}
	}
	// The loader must pace a ramp at its fastest.
	paced := judge.Pace(r.Plan.Limits(), max(rps, r.rampEnd()), r.cost, r.threads)
	if paced.Skip == "" {
		paced.RPS = rps
	}
	return paced
}

// skipCode is the code of the reason for which a phase was left out.
func (r *rates) skipCode(phase string) string {
	if code := r.skipped[phase].SkipCode; code != "" {
		return code
	}
	return "interrupted"
}

// searched returns the outcome of the trial's search; nil where it has none.
// Phases that it did not need are taken out of the report.
func (r *rates) searched(report *results.Report) *results.Search {
	if len(r.steps) == 0 {
		return nil
	}
	report.Phases = slices.DeleteFunc(report.Phases, func(p results.Phase) bool { return r.steps[p.Name] && p.Skipped != "" })
	if r.hunt == nil {
		return &results.Search{Stop: "the trial ended before its search"}
	}
	r.settle()
	return r.hunt.result()
}
