package plan

import (
	"math/rand/v2"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
)

// The lead-ins: the time before a window in which load already flows.
const (
	ClosedLead = 100 * time.Millisecond
	OpenLead   = 200 * time.Millisecond
)

// steadyFrom is the shortest warm-up that may end by its slope over a second. A
// shorter one has a fixed length.
const steadyFrom = time.Second

// Phases returns the trial's ladder in the order in which it runs: warm-up, closed
// loop, open-loop rates, shuffled for this trial from the plan's seed, and the
// steps of a search for a rate. Phases have the same names in every trial of a
// table. An open loop awaits its rate, also a known one, since the loader's cost
// must be known first; a step of a search sends its result.
func Phases(t Trial, p results.Plan) []loaders.Phase {
	var list []loaders.Phase
	table := t.Table
	if table.WarmupNS > 0 {
		list = append(list, warmup(t, p))
	}
	if table.Closed {
		list = append(list, loaders.Phase{
			Name: results.PhaseClosed, Loop: results.ClosedLoop, Measured: true,
			Duration: ns(table.ClosedDurationNS), Lead: ClosedLead,
			MinCompletions: table.MinCompletions, MaxDuration: ns(table.MaxDurationNS),
		})
	}
	first := len(list)
	for _, x := range table.Rates {
		list = append(list, openPhase(table, x.PhaseName(), ns(table.OpenDurationNS), knownRate(x, t, p)))
	}
	open := list[first:]
	random := rand.New(rand.NewPCG(p.Seed, t.identity()))
	random.Shuffle(len(open), func(i, j int) { open[i], open[j] = open[j], open[i] })
	return append(list, searchPhases(t)...)
}

func openPhase(t results.PlanTable, name string, duration time.Duration, rps float64) loaders.Phase {
	return loaders.Phase{
		Name: name, Loop: results.OpenLoop, Measured: true, Duration: duration, Lead: OpenLead, Adjust: true,
		Schedule: loaders.Schedule(t.Schedule), RampToRPS: t.RampToRPS, BurstSize: t.BurstSize, RateRPS: rps,
		MaxDuration: ns(t.MaxDurationNS),
	}
}

// OpenWindow returns the window of the table's open loop at a rate in req/s: the
// plan's, or for large transfers the time in which MinCompletions of them are due.
func OpenWindow(t results.PlanTable, rps float64) time.Duration {
	window := ns(t.OpenDurationNS)
	if t.MinCompletions == 0 || rps <= 0 {
		return window
	}
	needed := float64(t.MinCompletions) / rps * float64(time.Second)
	return max(window, time.Duration(min(needed, float64(t.MaxDurationNS))))
}

// warmup returns a warm-up that lasts until the server is steady, between the
// plan's minimum and the cap of the server's manifest. A scouting trial's is fixed.
func warmup(t Trial, p results.Plan) loaders.Phase {
	w := loaders.Phase{Name: results.PhaseWarmup, Loop: results.ClosedLoop, Duration: ns(t.Table.WarmupNS)}
	fixed := p.Loader != "" || t.Kind == results.TrialScout || w.Duration < steadyFrom
	if longest := ns(t.Entry.WarmupCapNS); !fixed && longest > w.Duration {
		limits := p.Limits()
		w.SteadyWithin, w.HalvesWithin, w.MaxDuration = limits.SteadySlope, limits.SteadyHalves, longest
	}
	return w
}

// knownRate returns the rate if the plan alone decides it, else 0.
func knownRate(x results.PlanRate, t Trial, p results.Plan) float64 {
	if x.Kind == results.RateFraction && !t.Table.Closed {
		return x.Fraction * Peak(p, t.Entry, t.Table)
	}
	return x.RateRPS
}

// Peak returns the peak, in requests per second, that an earlier run found for the
// entry in the table; 0 if the plan holds none.
func Peak(p results.Plan, e results.PlanEntry, t results.PlanTable) float64 {
	for _, k := range p.Peaks {
		if k.Server == e.As && k.Scenario == t.Scenario && k.Protocol == t.Protocol {
			return k.PeakRPS
		}
	}
	return 0
}
