package matrix_test

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/matrix"
)

// Nobody knows before a duel how many blocks it takes, so its page names no number.
func TestABlockOfADuelIsOfNoNumber(t *testing.T) {
	t.Parallel()
	for state, want := range map[results.RunState]string{
		results.RunInterrupted: "INTERRUPTED in block 5: these are partial results.",
		results.RunRunning:     "Not complete: refreshed in block 5 (the run goes on, or was killed).",
	} {
		run := emptyRun()
		run.State, run.Duel = state, &results.Duel{}
		run.Trials = []results.Trial{{Block: 5}}
		if page := string(matrix.Bench(cells.Of(run))); !strings.Contains(page, want) {
			t.Errorf("%s: no %q in\n%s", state, want, page)
		}
	}
}
