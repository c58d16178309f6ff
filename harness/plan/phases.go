package plan

import (
	"math/rand/v2"
	"time"

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

// PhasePlan is one phase of a trial's ladder.
type PhasePlan struct {
	// Name is results.PhaseWarmup, results.PhaseClosed or the PhaseName of
	// Rate: unique in the ladder, the same in every trial of a table.
	Name     string
	Loop     results.Loop
	Measured bool
	Duration time.Duration
	Lead     time.Duration
	// Schedule, RampToRPS, BurstSize and Rate are for open loops. RampToRPS is 0
	// where the trial has to find it.
	Schedule  string
	RampToRPS float64
	BurstSize int
	Rate      results.PlanRate
	// RateRPS is the rate if it is known before the trial; 0 means that the trial
	// sets it.
	RateRPS float64
	// MinCompletions and MaxDuration are as in results.PlanTable. A warm-up
	// with SteadyWithin ends when the server is steady, after Duration at the
	// earliest and MaxDuration at the latest.
	MinCompletions int
	MaxDuration    time.Duration
	// Search marks a step of a search for a rate, and Spare a step beyond the usual
	// number.
	Search, Spare bool
	// SteadyWithin and HalvesWithin are as in loaders.Phase.
	SteadyWithin, HalvesWithin float64
}

// Phases returns the trial's ladder in the order in which it runs: warm-up, closed
// loop, open-loop rates, shuffled for this trial from the plan's seed, and the
// steps of a search for a rate.
func Phases(t Trial, p results.Plan) []PhasePlan {
	var list []PhasePlan
	table := t.Table
	if table.WarmupNS > 0 {
		list = append(list, warmup(t, p))
	}
	if table.Closed {
		list = append(list, PhasePlan{
			Name: results.PhaseClosed, Loop: results.ClosedLoop, Measured: true,
			Duration: ns(table.ClosedDurationNS), Lead: ClosedLead,
			MinCompletions: table.MinCompletions, MaxDuration: ns(table.MaxDurationNS),
		})
	}
	first := len(list)
	for _, x := range table.Rates {
		list = append(list, PhasePlan{
			Name: x.PhaseName(), Loop: results.OpenLoop, Measured: true,
			Duration: ns(table.OpenDurationNS), Lead: OpenLead,
			Schedule: table.Schedule, RampToRPS: table.RampToRPS, BurstSize: table.BurstSize,
			Rate: x, RateRPS: knownRate(x, t, p),
		})
	}
	open := list[first:]
	random := rand.New(rand.NewPCG(p.Seed, t.identity()))
	random.Shuffle(len(open), func(i, j int) { open[i], open[j] = open[j], open[i] })
	return append(list, searchPhases(t)...)
}

// warmup returns a warm-up that lasts until the server is steady, between the
// plan's minimum and the cap of the server's manifest. A scouting trial's is fixed.
func warmup(t Trial, p results.Plan) PhasePlan {
	w := PhasePlan{Name: results.PhaseWarmup, Loop: results.ClosedLoop, Duration: ns(t.Table.WarmupNS)}
	fixed := p.Loader != "" || t.Kind == results.TrialScout || w.Duration < steadyFrom
	if longest := ns(t.Entry.WarmupCapNS); !fixed && longest > w.Duration {
		limits := p.Limits()
		w.SteadyWithin, w.HalvesWithin, w.MaxDuration = limits.SteadySlope, limits.SteadyHalves, longest
	}
	return w
}

// knownRate returns the rate if the plan alone decides it, else 0.
func knownRate(x results.PlanRate, t Trial, p results.Plan) float64 {
	switch {
	case x.Kind == results.RateAbsolute:
		return x.RateRPS
	case x.Kind == results.RateFraction && !t.Table.Closed:
		return x.Fraction * Peak(p, t.Entry, t.Table)
	}
	return 0
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
