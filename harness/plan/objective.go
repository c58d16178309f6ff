package plan

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/joust-bench/joust/harness/knee"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/scenarios"
)

const (
	// ConfirmFactor is the length of a confirmation's windows, in windows of the
	// search.
	ConfirmFactor = 4
	// maxSamples is the number of requests that a window needs before its largest
	// latency, or a figure that the largest ones decide, is compared with an
	// objective, the same as for p99.
	maxSamples = 1000
	// fewSamples is the least number of requests in any window. With fewer, one
	// request in flight at the end would decide whether 99 % were answered.
	fewSamples = 300
	// usualSteps is the usual number of a search's steps, for the planned time.
	usualSteps = 10
)

// ParseObjective reads the limit for a searched rate: a figure of the corrected
// latency below a duration, such as "p99<10ms".
func ParseObjective(text string) (results.Objective, error) {
	c, err := metric.ParseCondition(text, metric.Latencies())
	if err != nil {
		return results.Objective{}, err
	}
	if c.Op != metric.Below {
		return results.Objective{}, fmt.Errorf("%q is no objective; write an upper bound with <, such as %s<10ms", strings.TrimSpace(text), c.Metric)
	}
	below := time.Duration(c.Limit)
	if wrong := window("the bound of " + strconv.Quote(text))(below); wrong != "" {
		return results.Objective{}, errors.New(wrong)
	}
	quantile, _ := c.Metric.Quantile()
	return results.Objective{Percentile: string(c.Metric), Quantile: quantile, BelowNS: below.Nanoseconds()}, nil
}

// SamplesFor returns the number of requests that must be due in a window. With any
// schedule, enough of them then lie beyond the quantile: the number is the
// expectation and four standard deviations of a Poisson count.
func SamplesFor(quantile float64) float64 {
	n := float64(LeastSamples(quantile))
	return math.Ceil(n + 4*math.Sqrt(n))
}

// SearchWindow returns the window of a step of a trial's search at a rate in req/s:
// the plan's, or a longer one if the objective's percentile needs more requests. ok
// is false if LongestWindow is too short.
func SearchWindow(t Trial, rate float64) (window time.Duration, ok bool) {
	needed := SamplesFor(t.Table.Objective.Quantile) / rate * float64(time.Second)
	if needed > float64(LongestWindow(t)) {
		return 0, false
	}
	return max(shortestWindow(t), time.Duration(math.Ceil(needed))), true
}

func shortestWindow(t Trial) time.Duration {
	if t.Kind == results.TrialConfirm {
		return ConfirmFactor * ns(t.Table.OpenDurationNS)
	}
	return ns(t.Table.OpenDurationNS)
}

// LongestWindow returns the longest window of a step of the trial's search.
func LongestWindow(t Trial) time.Duration { return max(shortestWindow(t), MaxStretch) }

// LeastRate returns the least rate, in req/s, with which a window of the trial's
// search can have the samples that its objective needs.
func LeastRate(t Trial) float64 {
	// The last factor keeps the rate from failing its own window by rounding.
	return SamplesFor(t.Table.Objective.Quantile) / LongestWindow(t).Seconds() * (1 + 1e-9)
}

// searchSteps returns the largest and the usual number of steps of a trial's search
// or confirmation.
func searchSteps(t Trial) (most, usual int) {
	switch {
	case t.Table.Objective == nil:
		return 0, 0
	case t.Kind == results.TrialConfirm:
		return knee.MaxConfirms, 1
	}
	return knee.MaxSteps, usualSteps
}

// searchPhases returns the steps of a trial's search or confirmation. The trial sets
// their rates and windows, and skips the steps that it does not need.
func searchPhases(t Trial) []loaders.Phase {
	name := results.SearchPhase
	if t.Kind == results.TrialConfirm {
		name = results.ConfirmPhase
	}
	steps, _ := searchSteps(t)
	list := make([]loaders.Phase, steps)
	for i := range list {
		list[i] = openPhase(t.Table, name(i+1), shortestWindow(t), 0)
		list[i].MaxDuration, list[i].NeedsResult = LongestWindow(t), true
	}
	return list
}

// confirmTable returns the table of the trials that confirm its searches.
func confirmTable(t results.PlanTable) results.PlanTable {
	t.Closed, t.ClosedDurationNS, t.MinCompletions, t.MaxDurationNS = false, 0, 0, 0
	t.Rates, t.Sweep = nil, nil
	return t
}

// objective returns the objective of the search for the row's highest rate; nil for
// no search.
func (r *resolver) objective(s spec, closed bool) *results.Objective {
	asked := objectiveSetting.in(r.layers(s)...)
	if !asked.set {
		return nil
	}
	flagged, own := objectiveSetting.in(r.flags).set, objectiveSetting.in(s.layer).set
	named := s.byFlag || s.named && (own || flagged)
	switch {
	case !s.row.Allows(scenarios.Open) && named:
		r.problems.add(asked.at, "no rate can be searched for %s: the open loop has no meaning for it", s.row.Name)
	case !s.row.Allows(scenarios.Open):
		r.omit("the search for a rate is left out where the open loop has no meaning", s.row)
	case r.closedAlone(s) && !flagged && (modesSetting.in(r.flags).set || modesSetting.in(s.layer).set && !own):
		r.omit("the search for a rate is left out where the modes are closed only", s.row)
	case r.closedAlone(s):
		r.problems.add(asked.at, "the search for a rate of %s is an open loop, and its modes are closed only; add open to them, or leave out either the modes or the search", s.row.Name)
	case !closed:
		r.problems.add(asked.at, "the search for a rate of %s starts from the peak of the closed loop; add closed to its modes", s.row.Name)
	case scheduleSetting.of(r.layers(s)...).law == loaders.Ramp:
		r.problems.add(asked.at, "the search for a rate of %s needs one that stays the same, and its schedule is a ramp; leave one of them out", s.row.Name)
	default:
		o := asked.val
		return &o
	}
	return nil
}

// closedAlone reports whether the plan names modes without the open loop.
func (r *resolver) closedAlone(s spec) bool {
	modes := modesSetting.in(r.layers(s)...)
	return modes.set && !hasName(modes.val, string(scenarios.Open))
}

// checkObjective refuses a bound beyond which answers are not awaited.
func (r *resolver) checkObjective(p *results.Plan, t *results.PlanTable) {
	o := t.Objective
	if o == nil {
		return
	}
	for _, limit := range []struct {
		name string
		ns   int64
	}{{"drain", p.DrainNS}, {"request_timeout", p.RequestTimeoutNS}} {
		r.problems.when(o.BelowNS > limit.ns, objectiveSetting.in(r.layers(r.specOf(t))...).at,
			"%s of %s cannot be judged: answers are given up after the plan's %s of %v; set it to at least %v in the plan's file",
			o, t.Scenario, limit.name, ns(limit.ns), ns(o.BelowNS))
	}
}

// SearchNotes returns a line for each table with a search: its windows, and its
// least rate.
func SearchNotes(p results.Plan) []string {
	var list []string
	for _, t := range p.Tables {
		if t.Objective == nil {
			continue
		}
		trial := Trial{Table: t}
		list = append(list, fmt.Sprintf("%s (%s): searching the highest rate that keeps %s: %.0f requests a window are needed, so windows last %v to %v and no rate below %.0f req/s can be judged",
			t.Scenario, t.Protocol, t.Objective, SamplesFor(t.Objective.Quantile), shortestWindow(trial), LongestWindow(trial), math.Ceil(LeastRate(trial))))
	}
	return list
}

// LeastSamples returns the number of samples that a window needs for the quantile,
// which is 1 for the maximum and 0 for a figure that is no percentile.
func LeastSamples(quantile float64) uint64 {
	if quantile <= 0 || quantile >= 1 {
		return maxSamples
	}
	return max(fewSamples, uint64(math.Round(stats.SamplesBeyond/min(quantile, 1-quantile))))
}
