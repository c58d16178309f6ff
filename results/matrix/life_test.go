package matrix_test

import (
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/matrix"
)

func TestLivesOfServers(t *testing.T) {
	t.Parallel()
	run := emptyRun()
	for i, energy := range []float64{1.5, 3, 4.5} {
		p := closedOf(t, 10_000, 100_000)
		seen := harnessPhase(p, results.LimitServer, 1, 0.4)
		seen.EnergyJoules = &energy
		trial := trialOf("nginx", "hello", i+1, []results.Phase{p}, []results.TrialPhase{seen})
		trial.ReadyNS, trial.AfterMemoryBytes = int64(12e6), new(uint64(30<<20))
		trial.Loaders[0].Phases[0].Steadiness = &results.Steadiness{Reached: i > 0}
		run.Trials = append(run.Trials, trial)
	}
	for i := range run.Servers {
		if run.Servers[i].Name == "nginx" {
			run.Servers[i].SizeBytes = new(int64(3 << 20))
		}
	}
	// 3 J for the 15 000 requests of a window of 1.5 s.
	says(t, matrix.Bench(cells.Of(run)),
		"energy, µJ/request (hello) |\n",
		"| nginx  |             12.0 |      1.00 |        9.00 |      30.0 (hello) |         3.00 |                        200 |\n")
	run.Trials[1].Loaders[0].Phases[0].Steadiness.Reached = false
	says(t, matrix.Bench(cells.Of(run)), "| not in 2 of 3 |")
}
