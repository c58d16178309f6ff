package plan

import (
	"time"

	"github.com/joust-bench/joust/results"
)

// The nominal times of what surrounds the windows.
const (
	// trialOverhead is for start, exact pass and end of a trial.
	trialOverhead = 800 * time.Millisecond
	phaseOverhead = 100 * time.Millisecond
	// loaderOverhead is for start and end of one more loader process.
	loaderOverhead = 200 * time.Millisecond
	// checkTime is for the full check of one row of one server.
	checkTime = 500 * time.Millisecond

	defaultStartTimeout = 10 * time.Second
	defaultStopTimeout  = time.Second

	// DefaultRepeatBudget is the share of the trials' nominal time that repeating
	// disturbed ones may take (METHOD.md §6).
	DefaultRepeatBudget = 0.20
)

// Planned is the time that the plan takes, builds apart: nominally, with
// warm-ups at their least and without experiments on what limits a cell, and at
// most, when every start takes its limit, every warm-up and window its longest,
// every drain its bound and every cell its experiment, and the repeats of
// disturbed trials take all of their budget, a share of the trials' nominal time.
func Planned(p results.Plan, c Catalogue, repeatBudget float64) (nominal, atMost time.Duration) {
	for _, t := range Expand(p, c.Runnable) {
		n, m := trialTime(t, p, &c)
		nominal += n
		atMost += m
	}
	atMost += time.Duration(repeatBudget * float64(nominal))
	n, m := checksTime(p, &c)
	return nominal + n, atMost + m
}

// Waiting is how much longer than planned the warm-ups may last all together,
// while they wait for servers to be steady.
func Waiting(p results.Plan, runnable func(results.PlanEntry, results.PlanTable) bool) time.Duration {
	var longer time.Duration
	for _, t := range Expand(p, runnable) {
		for _, phase := range Phases(t, p) {
			if phase.SteadyWithin > 0 {
				longer += phase.MaxDuration - phase.Duration
			}
		}
	}
	return longer
}

func trialTime(t Trial, p results.Plan, c *Catalogue) (nominal, atMost time.Duration) {
	nominal, atMost = phasesTime(t, p)
	sweep, sweepAtMost := sweepTime(t, p)
	return trialOverhead + sweep + nominal, trialOverhead + limitTime(t.Entry.Server, c) + sweepAtMost + atMost + probeTime(t, p)
}

// phasesTime is the time of the trial's ladder.
func phasesTime(t Trial, p results.Plan) (nominal, atMost time.Duration) {
	for _, phase := range Phases(t, p) {
		fixed := phaseOverhead + phase.Lead
		if !phase.Spare {
			nominal += fixed + phase.Duration
		}
		atMost += fixed + max(phase.Duration, phase.MaxDuration) + ns(p.DrainNS)
	}
	return nominal, atMost
}

// TrialTime is the nominal time of one trial of the plan.
func TrialTime(t Trial, p results.Plan) time.Duration {
	nominal, _ := trialTime(t, p, &Catalogue{})
	return nominal
}

// limitTime is the longest that a server may take to start and to stop.
func limitTime(server string, c *Catalogue) time.Duration {
	start, stop := defaultStartTimeout, defaultStopTimeout
	if s := c.Server(server); s != nil {
		if s.StartTimeout > 0 {
			start = s.StartTimeout
		}
		if s.StopTimeout > 0 {
			stop = s.StopTimeout
		}
	}
	return start + stop
}

// checksTime is for the full checks before the trials: each server once, with
// every row of the plan that it answers.
func checksTime(p results.Plan, c *Catalogue) (nominal, atMost time.Duration) {
	started := map[string]bool{}
	checked := map[[2]string]bool{}
	for _, t := range p.Tables {
		for _, e := range runnableEntries(p, t, c.Runnable) {
			if cell := [2]string{e.Server, t.Scenario}; !checked[cell] {
				checked[cell] = true
				nominal += checkTime
				atMost += checkTime + ns(p.RequestTimeoutNS)
			}
			if !started[e.Server] {
				started[e.Server] = true
				atMost += limitTime(e.Server, c)
			}
		}
	}
	return nominal, atMost
}
