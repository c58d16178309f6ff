package matrix_test

import (
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/results/matrix"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	full := fullRun(t)
	partial := full
	partial.State = results.RunRunning
	partial.Trials = nil
	for _, tr := range full.Trials {
		if tr.Block <= 2 {
			partial.Trials = append(partial.Trials, tr)
		}
	}
	stopped := partial
	stopped.State = results.RunInterrupted
	for name, run := range map[string]results.Run{"full": full, "partial": partial, "interrupted": stopped, "empty": emptyRun()} {
		set := cells.Of(run)
		golden.Hold(t, "testdata/"+name+"_bench.md", matrix.Bench(set))
		golden.Hold(t, "testdata/"+name+"_open.md", matrix.OpenLoop(set))
		golden.Hold(t, "testdata/"+name+"_headline.txt", matrix.Headline(set, 100))
	}
}
