package matrix_test

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/matrix"
)

// withSteal returns a run of as many trials as shares; the hypervisor took these
// shares of their windows.
func withSteal(t *testing.T, shares ...float64) results.Run {
	run := fullRun(t)
	var trials []results.Trial
	for _, trial := range run.Trials {
		if len(trials) < len(shares) && trial.State == results.TrialOK && trial.Kind == results.TrialMeasured && len(trial.Phases) > 0 {
			for i := range trial.Phases {
				trial.Phases[i].StealShare = &shares[len(trials)]
			}
			trials = append(trials, trial)
		}
	}
	if len(trials) != len(shares) {
		t.Fatalf("the fixture has %d trials of the kind, %d are needed", len(trials), len(shares))
	}
	run.Trials = trials
	return run
}

func TestStolenTimeIsReported(t *testing.T) {
	t.Parallel()
	run := withSteal(t, 0.01, 0.5, 0.03)
	run.Trials[1].State = results.TrialRepeated
	text := matrix.Bench(cells.Of(run))
	for _, want := range []string{
		"1 trial done again because of the machine's disturbance",
		"3.0 % in the worst",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if calm := matrix.Bench(cells.Of(withSteal(t, 0, 0.001))); strings.Contains(calm, "Stolen") || strings.Contains(calm, "done again") {
		t.Error("a calm run speaks of disturbance")
	}
}

// A repeated trial counts neither in the median nor as void.
func TestRepeatedTrialsCountForNothing(t *testing.T) {
	t.Parallel()
	run := withSteal(t, 0, 0)
	first := run.Trials[0]
	alone := run
	alone.Trials = []results.Trial{first}
	again := first
	again.State = results.TrialRepeated
	run.Trials = []results.Trial{first, again}
	tables := func(text string) string { head, _, _ := strings.Cut(text, "## How this was measured"); return head }
	if tables(matrix.Bench(cells.Of(run))) != tables(matrix.Bench(cells.Of(alone))) {
		t.Error("a repeated trial changes the tables")
	}
}
