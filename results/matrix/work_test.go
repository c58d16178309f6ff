package matrix_test

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/matrix"
)

// polling is a run by a loader that fills its CPU in every window, half of it
// with empty polls.
func polling(t *testing.T) results.Run {
	t.Helper()
	run := fullRun(t)
	for i := range run.Trials {
		tr := &run.Trials[i]
		for j := range tr.Phases {
			if u := tr.Phases[j].Loader; u != nil {
				u.CPUNS = u.ReadT1NS - u.ReadT0NS
			}
		}
		for j := range tr.Loaders {
			for k := range tr.Loaders[j].Phases {
				p := &tr.Loaders[j].Phases[k]
				p.Threads = []results.ThreadUse{{CPUNS: p.WindowNS(), SpinNS: p.WindowNS() / 2, Work: 0.5}}
			}
		}
	}
	return run
}

// columnOf returns the cells of a column of the first table that has it.
func columnOf(t *testing.T, text, name string) []string {
	t.Helper()
	at := -1
	var out []string
	for line := range strings.Lines(text) {
		cells := strings.Split(line, "|")
		for i, c := range cells {
			if at < 0 && strings.TrimSpace(c) == name {
				at = i
			}
		}
		switch {
		case at < 0:
		case len(cells) <= at:
			return out[2:] // without the heading and the line below it
		default:
			out = append(out, strings.TrimSpace(cells[at]))
		}
	}
	t.Fatalf("no column %q", name)
	return nil
}

func TestEmptyPollsAreNoWorkInTables(t *testing.T) {
	t.Parallel()
	run := polling(t)
	bench, open := matrix.Bench(cells.Of(run)), matrix.OpenLoop(cells.Of(run))
	for _, cell := range columnOf(t, bench, "loader work, cores") {
		if !strings.HasPrefix(cell, "—") && cell != "" && cell != "0.500" {
			t.Errorf("the loader worked on %s cores, want half of one", cell)
		}
	}
	// nethttp: 60 300 req/s, half a core.
	if got := columnOf(t, bench, "loader work µs/request")[0]; got != "8.29" {
		t.Errorf("closed loop: %s µs/request, want 8.29", got)
	}
	// The first rate is the common one, 12 000 req/s: half a core of it.
	if got := columnOf(t, open, "loader work µs/request")[0]; got != "41.7" {
		t.Errorf("open loop: %s µs/request, want 41.7", got)
	}
}

// TestPollingLoaderHasNoSharedCeiling: a thread that polls is busy all the time,
// and works half of it.
func TestPollingLoaderHasNoSharedCeiling(t *testing.T) {
	t.Parallel()
	run := polling(t)
	for i := range run.Trials {
		for j := range run.Trials[i].Phases {
			run.Trials[i].Phases[j].Verdict.Bottleneck = results.LimitLoader
		}
	}
	if text := matrix.Bench(cells.Of(run)); strings.Contains(text, "of its own ceiling") {
		t.Error("a loader that works half of the time is said to be at its ceiling")
	}
}
