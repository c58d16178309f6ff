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

// steadyFrom is the shortest warm-up in which a slope over a second can be
// seen: a shorter one, asked for expressly, stays as long as it is.
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
	// RateRPS is the rate where it is known before the trial; 0 means that it
	// is set while the trial runs.
	RateRPS float64
	// MinCompletions and MaxDuration are as in results.PlanTable. A warm-up
	// with SteadyWithin ends when the server is steady, after Duration at the
	// earliest and MaxDuration at the latest.
	MinCompletions int
	MaxDuration    time.Duration
	// Search marks a step of a search for a rate, and Spare one that it needs
	// only when it takes longer than usual.
	Search, Spare bool
	// SteadyWithin and HalvesWithin are as in loaders.Phase.
	SteadyWithin, HalvesWithin float64
}

// Phases is the trial's ladder in the order in which it runs: the warm-up where
// there is one, the closed loop, then the open-loop rates, shuffled for this
// trial from the plan's seed, then the steps of a search for a rate.
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

// warmup lasts until the server is steady, within the plan's minimum and the
// cap of the server's manifest. A scouting trial's is fixed.
func warmup(t Trial, p results.Plan) PhasePlan {
	w := PhasePlan{Name: results.PhaseWarmup, Loop: results.ClosedLoop, Duration: ns(t.Table.WarmupNS)}
	if longest := ns(t.Entry.WarmupCapNS); p.Loader == "" && t.Kind != results.TrialScout && w.Duration >= steadyFrom && longest > w.Duration {
		limits := p.Limits()
		w.SteadyWithin, w.HalvesWithin, w.MaxDuration = limits.SteadySlope, limits.SteadyHalves, longest
	}
	return w
}

// knownRate is the rate where the plan alone tells it, else 0.
func knownRate(x results.PlanRate, t Trial, p results.Plan) float64 {
	switch {
	case x.Kind == results.RateAbsolute:
		return x.RateRPS
	case x.Kind == results.RateFraction && !t.Table.Closed:
		return x.Fraction * Peak(p, t.Entry, t.Table)
	}
	return 0
}

// Peak is the peak of an earlier run that the plan holds for the entry in the
// table, in requests per second; 0 when it holds none.
func Peak(p results.Plan, e results.PlanEntry, t results.PlanTable) float64 {
	for _, k := range p.Peaks {
		if k.Server == e.As && k.Scenario == t.Scenario && k.Protocol == t.Protocol {
			return k.PeakRPS
		}
	}
	return 0
}
