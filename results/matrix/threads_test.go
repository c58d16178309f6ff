package matrix

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
)

func TestThreadsUsed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		used []int // 0: all
		want string
	}{
		"all":     {[]int{0, 0}, "joust evloop, 8 threads, idle strategy spin"},
		"fewer":   {[]int{3, 3}, "joust evloop, 8 threads, 3 of them used (the warm-up showed that these carry the load), idle strategy spin"},
		"several": {[]int{3, 0, 5}, "joust evloop, 8 threads, 3 to 8 of them used (each load's warm-up showed how many carry it), idle strategy spin"},
	} {
		var run results.Run
		for _, n := range tt.used {
			run.Trials = append(run.Trials, results.Trial{Loaders: []results.Report{{Loader: "joust evloop", Threads: 8, ThreadsUsed: n, IdleStrategy: "spin"}}})
		}
		if got := newView(cells.Of(run)).loader(); got != tt.want {
			t.Errorf("%s: got  %q\nwant %q", name, got, tt.want)
		}
		if text := Bench(cells.Of(run)); !strings.Contains(text, tt.want) {
			t.Errorf("%s: the matrix does not say %q", name, tt.want)
		}
	}
}

// TestCeilingOfThreadsUsed: threads that were not used are no part of the loader's
// ceiling.
func TestCeilingOfThreadsUsed(t *testing.T) {
	t.Parallel()
	full := func(used int) []*cells.Cell {
		p := results.Phase{Name: results.PhaseClosed, Loop: results.ClosedLoop, T1NS: second, Threads: []results.ThreadUse{{CPUNS: second}, {CPUNS: second}}}
		trial := trialOf("a", "hello", 1, []results.Phase{p}, []results.TrialPhase{{Name: p.Name, Verdict: results.Verdict{Valid: true, Bottleneck: results.LimitLoader}}})
		trial.Loaders[0].Threads, trial.Loaders[0].ThreadsUsed = 8, used
		c := closedCell(trial)
		return []*cells.Cell{&c}
	}
	if own, ok := sharedLoaderCeiling(full(2)); !ok || own != 1 {
		t.Errorf("two full threads of two used: %v, %t, want the whole of their ceiling", own, ok)
	}
	if own, ok := sharedLoaderCeiling(full(0)); ok || own != 0.25 {
		t.Errorf("two full threads of eight: %v, %t, want a quarter of their ceiling", own, ok)
	}
}
