package matrix_test

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/matrix"
)

func TestWarmUpsInOneLine(t *testing.T) {
	t.Parallel()
	warmed := func(seconds float64, s *results.Steadiness) results.Trial {
		trial := trialOf("nginx", "hello", 1, nil, nil)
		trial.Loaders[0].Phases[0].T1NS, trial.Loaders[0].Phases[0].Steadiness = int64(seconds*1e9), s
		return trial
	}
	within := &results.Steadiness{Reached: true, WithinPerSecond: 0.02}
	run := emptyRun()
	run.Trials = []results.Trial{warmed(1, nil)}
	if strings.Contains(matrix.Bench(cells.Of(run)), "Warm-ups took") {
		t.Error("the page says how long fixed warm-ups took")
	}
	void := warmed(9, within)
	void.State = results.TrialVoid
	run.Trials = []results.Trial{warmed(1.05, within), warmed(1.3, within), warmed(2, &results.Steadiness{WithinPerSecond: 0.02}), void}
	const want = " Warm-ups took 1.1 to 2.0 s, 1.3 s in the median: 2 of 3 ended steady (throughput changed by at most 2 % over the last second), the others at their server's cap."
	says(t, matrix.Bench(cells.Of(run)), want)
}
