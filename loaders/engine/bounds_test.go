package engine_test

import (
	"math"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/enginetest"
)

// A count of requests that no signed number holds is no bound: the window ends the load.
func TestEndlessCount(t *testing.T) { overEngines(t, endlessCount) }

func endlessCount(t *testing.T, e loaders.Loader) {
	for _, phase := range []loaders.Phase{enginetest.Closed(100 * time.Millisecond), enginetest.Open(200, 100*time.Millisecond)} {
		for _, count := range []uint64{math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64} {
			phase.Count = count
			spec := enginetest.Spec(phase)
			server, report, _ := enginetest.Load(t, e, enginetest.Good(calm), spec, nil)
			enginetest.CheckCounts(t, server, &report)
			if got, want := report.Phases[0].WindowNS(), int64(100*time.Millisecond); got != want {
				t.Errorf("a window of %d ns, want %d", got, want)
			}
		}
	}
}
