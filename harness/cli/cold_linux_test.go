package cli

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
)

// A JVM starts cold: it interprets what it later compiles. Behind a warm-up of
// one fixed second its window measures the cold server; behind one that waits
// for a steady throughput the same server needs clearly less CPU per request.
// CPU time shows it on a busy machine too, where throughput shows nothing.
func TestWarmUpMattersToAColdServer(t *testing.T) {
	t.Parallel()
	_, err := exec.LookPath("java") // apt-get install default-jdk-headless
	need(t, err)
	const gain = 0.85
	retry.Often(t, func() string {
		fixed, warm := coldStarts(t)
		if fixed.Steadiness != nil || warm.Steadiness == nil {
			t.Fatalf("a cap of a second gave %+v, one above it %+v", fixed.Steadiness, warm.Steadiness)
		}
		if warm.seconds > fixed.seconds && warm.cost < gain*fixed.cost {
			return ""
		}
		return fmt.Sprintf("waiting for a steady server made no difference: %.0f µs a request behind %.1f s, %.0f µs behind %.1f s (steady: %t)",
			fixed.cost, fixed.seconds, warm.cost, warm.seconds, warm.Reached)
	})
}

// coldStart holds the figures of a window after a warm-up.
type coldStart struct {
	// cost is the server's CPU time per request in µs, seconds the warm-up's
	// length.
	cost, seconds float64
	*results.Steadiness
}

// coldStarts measures the same server behind a fixed warm-up and behind one that
// waits for it.
func coldStarts(t *testing.T) (fixed, warm coldStart) {
	t.Helper()
	s := newSite(t)
	args := append([]string{
		"run", "--servers-dir", filepath.Join(checkout, "harness/cli/testdata/cold"), "--servers", "java,java-fixed",
		"--scenarios", "hello", "--mode", "closed", "--trials", "1", "--warmup", "1s", "--duration", "1s", "--clients", "16",
	}, steadily()...)
	s.joust(t, args...).ends(2*patience, 0)
	_, run := s.stored(t)
	for i := range run.Trials {
		trial := &run.Trials[i]
		loader := &trial.Loaders[0]
		behind := loader.Phase(results.PhaseWarmup)
		start := coldStart{
			cost:    float64(trial.Phases[0].Server.CPUNS) / 1e3 / float64(loader.Phase(results.PhaseClosed).Total.Completed),
			seconds: float64(behind.WindowNS()) / 1e9, Steadiness: behind.Steadiness,
		}
		if trial.Server == "java" {
			warm = start
		} else {
			fixed = start
		}
	}
	return fixed, warm
}
