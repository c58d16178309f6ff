package plan

import (
	"time"

	"github.com/joust-bench/joust/loaders/fleet"
	"github.com/joust-bench/joust/results"
)

// The nominal times of the work around the windows.
const (
	// trialOverhead is for start, exact pass and end of a trial.
	trialOverhead = 800 * time.Millisecond
	phaseOverhead = 100 * time.Millisecond
	// loaderOverhead is for start and end of one more loader process.
	loaderOverhead = 200 * time.Millisecond
	// checkTime is for the full check of one row of one server.
	checkTime = 500 * time.Millisecond

	// DefaultRepeatBudget is the share of the trials' nominal time for repeats of
	// disturbed trials (METHOD.md §6).
	DefaultRepeatBudget = 0.20
)

// Planned returns the time that the plan takes, without builds. The nominal time
// has the shortest warm-ups and no experiments on the limits of cells. At most,
// every start, warm-up, window and drain takes its longest, every cell has its
// experiment, and the repeats of disturbed trials use up their budget, a share of
// the trials' nominal time.
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

// Blocks returns the number of blocks, and the nominal time to the end of the first
// one: checks, scouting and its trials.
func Blocks(p results.Plan, c Catalogue) (blocks int, first time.Duration) {
	first, _ = checksTime(p, &c)
	for _, t := range Expand(p, c.Runnable) {
		blocks = max(blocks, t.Block)
		if t.Block <= 1 {
			first += TrialTime(t, p)
		}
	}
	return blocks, first
}

// Waiting returns the longest total time by which warm-ups exceed the nominal time
// because servers are not steady yet.
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

// phasesTime returns the time of the trial's ladder.
func phasesTime(t Trial, p results.Plan) (nominal, atMost time.Duration) {
	most, usual := searchSteps(t)
	phases := Phases(t, p)
	for i, phase := range phases {
		fixed := aroundWindow(p) + phase.Lead
		if i < len(phases)-most+usual {
			nominal += fixed + phase.Duration
		}
		atMost += fixed + max(phase.Duration, phase.MaxDuration) + ns(p.DrainNS)
	}
	return nominal, atMost
}

// aroundWindow returns the nominal time of a phase around its lead-in, window and
// drain. Several loaders meet before each phase.
func aroundWindow(p results.Plan) time.Duration {
	if p.Loaders > 1 {
		return phaseOverhead + fleet.StartDelay
	}
	return phaseOverhead
}

// TrialTime returns the nominal time of one trial of the plan.
func TrialTime(t Trial, p results.Plan) time.Duration {
	nominal, _ := trialTime(t, p, &Catalogue{})
	return nominal
}

// limitTime returns the longest time in which a server may start and stop.
func limitTime(server string, c *Catalogue) time.Duration {
	if s := c.Server(server); s != nil {
		return s.StartTimeout + s.StopTimeout
	}
	return 0
}

// checksTime returns the time of the full checks before the trials: each server
// once, with every row of the plan that it answers.
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
