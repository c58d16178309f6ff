package cells

import (
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// Life is what a server costs apart from its answers: medians over the run's measured
// trials that were not void.
type Life struct {
	// Start is the time in nanoseconds from the start of the server to its first right
	// answer.
	Start stats.Estimate
	// Steady is the time in nanoseconds from the first load until the throughput was
	// steady (METHOD.md §1), over the warm-ups that became steady. Unsteady counts
	// those that reached their longest time before.
	Steady   stats.Estimate
	Unsteady int
	// Idle is the resident memory before the load, in bytes.
	Idle stats.Estimate
	// After is the resident memory behind the load, in bytes, of the scenario that
	// leaves the most.
	After         stats.Estimate
	AfterScenario string
}

// Life returns the life of the server with that name in tables.
func (s *Set) Life(server string) Life {
	life := Life{After: stats.Median(nil)}
	var start, steady, idle []float64
	for _, t := range s.Run.Plan.Tables {
		var after []float64
		for _, trial := range s.Trials(server, t) {
			if trial.State != results.TrialOK {
				continue
			}
			if trial.ReadyNS > 0 {
				start = append(start, float64(trial.ReadyNS))
			}
			idle = measured(idle, trial.IdleMemoryBytes)
			after = measured(after, trial.AfterMemoryBytes)
			if p := loadOf(trial.Loaders, results.PhaseWarmup); p != nil && p.Steadiness != nil {
				if p.Steadiness.Reached {
					steady = append(steady, float64(p.WindowNS()))
				} else {
					life.Unsteady++
				}
			}
		}
		if m := stats.Median(after); m.Kind != stats.None && m.Value > life.After.Value {
			life.After, life.AfterScenario = m, t.Scenario
		}
	}
	life.Start, life.Steady, life.Idle = stats.Median(start), stats.Median(steady), stats.Median(idle)
	return life
}

// measured adds a number that was measured to the list.
func measured(list []float64, p *uint64) []float64 {
	if x, ok := number(p); ok {
		return append(list, x)
	}
	return list
}
