package matrix_test

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/matrix"
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
		if text := matrix.Bench(cells.Of(run)); !strings.Contains(text, "\nLoader: "+tt.want+".\n") {
			t.Errorf("%s: the matrix does not say %q", name, tt.want)
		}
	}
}

// TestCeilingOfThreadsUsed: unused threads are no part of the loader's ceiling.
func TestCeilingOfThreadsUsed(t *testing.T) {
	t.Parallel()
	bench := func(used int) string {
		run := race(t, 1, racer{"a", 1, 10e3, results.LimitLoader, 0.8, 1}, racer{"b", 1, 12e3, results.LimitLoader, 0.8, 1})
		for i := range run.Trials {
			report := &run.Trials[i].Loaders[0]
			report.Threads, report.ThreadsUsed = 8, used
			p := report.Phase(results.PhaseClosed)
			p.Threads = []results.ThreadUse{{CPUNS: p.WindowNS()}, {CPUNS: p.WindowNS()}}
		}
		return matrix.Bench(cells.Of(run))
	}
	says(t, bench(2), "each at 100 % or more of its own ceiling")
	if strings.Contains(bench(0), "of its own ceiling") {
		t.Error("two full threads of eight are said to be at their ceiling")
	}
}

// TestSeveralLoaders: the page says how many loaders shared the threads.
func TestSeveralLoaders(t *testing.T) {
	t.Parallel()
	run := emptyRun()
	run.Trials = []results.Trial{{
		Loaders: []results.Report{{Loader: "joust evloop", Version: "0.1.0", Threads: 4, IdleStrategy: "spin"}},
		Parts:   []results.Report{{Threads: 2}, {Threads: 2}},
	}}
	says(t, matrix.Bench(cells.Of(run)), "\nLoader: joust evloop 0.1.0, 4 threads in 2 loaders, idle strategy spin.\n")
}
