package matrix_test

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/matrix"
)

// A page has columns of containers only if a container was measured; its other
// servers have no figures there.
func TestContainersMemory(t *testing.T) {
	t.Parallel()
	run := fullRun(t)
	if text := matrix.Bench(cells.Of(run)); strings.Contains(text, "container peak") || strings.Contains(text, "in a container") {
		t.Error("a run without containers speaks of them")
	}
	contained := run.Server("gin")
	contained.Isolation, contained.Network = results.IsolationContainer, results.NetworkPublished
	for i := range run.Trials {
		trial := &run.Trials[i]
		for j := range trial.Phases {
			u := trial.Phases[j].Server
			switch {
			case u == nil:
			case trial.Server == "gin":
				u.GroupPeakBytes = new(uint64(33 << 20))
				u.Timeline = []results.UsageSample{{AnonymousBytes: new(uint64(21 << 20)), FileBytes: new(uint64(5 << 20))}}
			case trial.Server == "node":
				trial.Phases[j].Server = nil
			}
		}
	}
	text := matrix.Bench(cells.Of(run))
	for _, want := range []string{"container peak | own / files / sockets", "33.0 | 21.0 / 5.00 / —", "Gin, in a container whose port is published over a bridge, which costs 5 to 20 %"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("nothing says %q:\n%s", want, text)
		}
	}
}

// The parts of a process's memory and what its runtime holds are shown where they are
// known, without a word of containers.
func TestMemoryOfProcesses(t *testing.T) {
	t.Parallel()
	run := fullRun(t)
	for i := range run.Trials {
		for j := range run.Trials[i].Phases {
			if u := run.Trials[i].Phases[j].Server; u != nil && run.Trials[i].Server == "gin" {
				u.RuntimeMemoryBytes = new(uint64(14 << 20))
				u.Timeline = []results.UsageSample{{AnonymousBytes: new(uint64(21 << 20)), FileBytes: new(uint64(5 << 20))}}
			}
		}
	}
	text := strings.Join(strings.Fields(matrix.Bench(cells.Of(run))), " ")
	says(t, text, "server runtime | own / files / sockets |", "| 14.0 | 21.0 / 5.00 / — |")
	if strings.Contains(text, "container peak") {
		t.Error("a run without containers speaks of them")
	}
}
