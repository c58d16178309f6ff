package trial

import (
	"slices"
	"time"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
)

// rates decides the rates of a load's open loops: the plan's, or a search's.
type rates struct {
	*load
	// skipped has, by phase, the reason why it was not run.
	skipped map[string]results.Reason
	// peak and cost are of this trial's closed loop: req/s, and the loader's CPU
	// nanoseconds per request over threads.
	peak, cost float64
	threads    int
	// last is the last phase that ended.
	last   loaders.PhaseDone
	search *rateSearch
}

// done notes the outcome of a phase.
func (r *rates) done(d loaders.PhaseDone) {
	if d.CPUPerRequestNS > 0 && r.cost == 0 {
		r.cost = d.CPUPerRequestNS
	}
	r.threads, r.last = d.Threads, d
	if d.Phase == results.PhaseClosed {
		r.peak, r.cost = d.ThroughputRPS, d.CPUPerRequestNS
	}
}

// next decides the rate of the phase that comes, or skips it.
func (r *rates) next(phase string) loaders.Adjustment {
	if phaseOf(r.spec, phase).NeedsResult {
		return r.searchStep(phase)
	}
	rps, skip := r.rate(phase)
	if skip.Code != "" {
		r.skipped[phase] = skip
	}
	return loaders.Adjustment{Phase: phase, RateRPS: rps, RampToRPS: r.rampEnd(), Duration: r.window(rps), Skip: skip.Text}
}

// window returns the window of large transfers at a rate in req/s, in whole seconds for
// a foreign tool, which accepts no other; 0 keeps the plan's window.
func (r *rates) window(rps float64) time.Duration {
	if r.trial.Table.MinCompletions == 0 {
		return 0
	}
	window := plan.OpenWindow(r.trial.Table, rps)
	if r.Foreign != nil {
		window = (window + time.Second - 1).Truncate(time.Second)
	}
	return window
}

// peakRPS returns the peak that the trial's rates are shares of; 0 for none.
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

// rate returns the plan's rate of the phase in req/s, or the reason to skip it.
func (r *rates) rate(phase string) (rps float64, skip results.Reason) {
	table := r.trial.Table
	i := slices.IndexFunc(table.Rates, func(x results.PlanRate) bool { return x.PhaseName() == phase })
	if i < 0 {
		return 0, results.Reason{Code: "no-rate", Text: "the plan names no rate for this phase"}
	}
	switch x := table.Rates[i]; x.Kind {
	case results.RateAbsolute:
		rps = x.RateRPS
	case results.RateCommon:
		if rps = r.CommonRPS; rps == 0 {
			return 0, results.Reason{Code: "no-common-rate", Text: "no scouting trial gave a common rate"}
		}
	default:
		rps = x.Fraction * r.peakRPS()
	}
	if rps <= 0 || table.RampToFraction > 0 && r.rampEnd() <= 0 {
		return 0, results.Reason{Code: "no-peak", Text: "there is no peak to take a fraction of: the closed loop completed nothing"}
	}
	// The loader must pace a ramp at its fastest.
	if beyond := judge.Pace(r.Plan.Limits(), max(rps, r.rampEnd()), r.cost, r.threads); beyond != "" {
		return 0, results.Reason{Code: results.CodeBeyondLoader, Text: beyond}
	}
	return rps, results.Reason{}
}

// skipReason returns the reason for which a phase was not run.
func (r *rates) skipReason(p *results.Phase) results.Reason {
	if why, ok := r.skipped[p.Name]; ok {
		return why
	}
	return results.Reason{Code: "interrupted", Text: p.Skipped}
}

// searched returns the outcome of the trial's search; nil where it has none. It
// removes unused steps from the report.
func (r *rates) searched(report *results.Report) *results.Search {
	if !slices.ContainsFunc(r.spec.Phases, func(p loaders.Phase) bool { return p.NeedsResult }) {
		return nil
	}
	report.Phases = slices.DeleteFunc(report.Phases, func(p results.Phase) bool { return phaseOf(r.spec, p.Name).NeedsResult && p.Skipped != "" })
	if r.search == nil {
		return &results.Search{Stop: endedEarly}
	}
	r.judgeStep()
	return r.search.result()
}
