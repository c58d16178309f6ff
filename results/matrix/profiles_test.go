package matrix_test

import (
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/matrix"
)

func TestProfiles(t *testing.T) {
	t.Parallel()
	run := emptyRun()
	run.Plan.Profile = "cpu"
	profiled := func(server, reason string, p *results.Profile) results.Trial {
		state := results.TrialOK
		if reason != "" {
			state = results.TrialVoid
		}
		return results.Trial{Kind: results.TrialProfile, Server: server, Scenario: "hello", Protocol: "h1", State: state, Reason: reason, Profile: p}
	}
	run.Trials = []results.Trial{
		profiled("nethttp", "", &results.Profile{
			Kind: "cpu", File: "profiles/nethttp-hello-h1/cpu.pprof", Of: "CPU time", Samples: 99,
			Top: []results.ProfileEntry{{Function: "syscall.Syscall6", Share: 0.31}, {Function: "runtime.futex", Share: 0.1}},
		}),
		profiled("gin", "the server ended", nil),
	}
	says(t, matrix.Bench(cells.Of(run)),
		"CPU time: 31 % syscall.Syscall6, 10 % runtime.futex (of 99 samples only)", "profiles/nethttp-hello-h1/cpu.pprof", "— the server ended")
}
