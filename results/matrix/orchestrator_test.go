package matrix_test

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/matrix"
)

func TestOrchestrator(t *testing.T) {
	t.Parallel()
	run := func(shares ...float64) results.Run {
		r := emptyRun()
		for _, x := range shares {
			r.Trials = append(r.Trials, results.Trial{Phases: []results.TrialPhase{{
				Loader: &results.Usage{AskedT1NS: second}, OrchestratorCPUNS: new(int64(x * float64(second))),
			}}})
		}
		return r
	}
	for want, r := range map[string]results.Run{
		"joust itself, on the loader's CPUs: 0.20 % of a core in the median window, 0.50 % in the worst; at most 0.5 % is allowed":                                                     run(0.001, 0.002, 0.005),
		"joust itself, on the loader's CPUs: 0.60 % of a core in the median window, 0.90 % in the worst; MORE THAN the allowed 0.5 % in 2 of 3 windows, in which it slowed the loader": run(0.001, 0.006, 0.009),
	} {
		says(t, matrix.Bench(cells.Of(r)), "- "+want+"\n")
	}
	unknown := run(0.001)
	unknown.Trials[0].Phases[0].OrchestratorCPUNS = nil
	if strings.Contains(matrix.Bench(cells.Of(unknown)), "joust itself") {
		t.Error("the page says what was not measured")
	}
}
