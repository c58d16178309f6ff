package results_test

import (
	"testing"

	"github.com/joust-bench/joust/results"
)

// TestEmptyPollsAreNoWork: half of the CPU time of a thread that polls went into
// empty polls, and counts nowhere.
func TestEmptyPollsAreNoWork(t *testing.T) {
	t.Parallel()
	polling := results.ThreadUse{CPUNS: 10_000, SpinNS: 5_000}
	delayed := func(run, stall int64) results.ThreadUse {
		u := polling
		u.RunDelayNS, u.StallNS = &run, stall
		return u
	}
	for name, c := range map[string]struct {
		phase      results.Phase
		work       int64
		known      bool
		perRequest float64
	}{
		"one thread":  {results.Phase{Total: results.Group{Completed: 10}, Threads: []results.ThreadUse{polling}}, 5_000, true, 500},
		"two threads": {results.Phase{Total: results.Group{Completed: 10}, Threads: []results.ThreadUse{polling, {CPUNS: 3_000}}}, 8_000, true, 800},
		"more polls":  {results.Phase{Total: results.Group{Completed: 10}, Threads: []results.ThreadUse{{CPUNS: 1_000, SpinNS: 1_100}, polling}}, 5_000, true, 500},
		// A poll of 2 000 ns took 1 500 ns longer, for which the thread had no
		// processor; a stall of 4 000 ns is in no poll.
		"delayed in a poll": {results.Phase{Total: results.Group{Completed: 10}, Threads: []results.ThreadUse{delayed(5_500, 4_000)}}, 6_500, true, 650},
		"delayed in stalls": {results.Phase{Total: results.Group{Completed: 10}, Threads: []results.ThreadUse{delayed(4_000, 4_000)}}, 5_000, true, 500},
		"stolen":            {results.Phase{Total: results.Group{Completed: 10}, Threads: []results.ThreadUse{delayed(0, 4_000)}}, 5_000, true, 500},
		"delayed at work":   {results.Phase{Total: results.Group{Completed: 10}, Threads: []results.ThreadUse{delayed(9_000, 0)}}, 10_000, true, 1000},
		"nothing answered":  {results.Phase{Threads: []results.ThreadUse{polling}}, 5_000, true, 0},
		"no threads":        {results.Phase{Total: results.Group{Completed: 10}}, 0, false, 0},
	} {
		work, known := c.phase.WorkNS()
		if perRequest := c.phase.WorkPerRequestNS(); work != c.work || known != c.known || perRequest != c.perRequest {
			t.Errorf("%s: %d ns (known: %t), %g ns a request; want %d (%t), %g", name, work, known, perRequest, c.work, c.known, c.perRequest)
		}
	}
}

// Answers with a status from 400 on are tolerated unless they failed for that.
func TestTolerated(t *testing.T) {
	t.Parallel()
	statuses := map[string]uint64{"200": 5, "399": 2, "400": 3, "503": 4}
	for want, errors := range map[uint64]map[results.Cause]uint64{
		7: {results.CauseTimeout: 9}, 2: {results.CauseStatus: 5}, 0: {results.CauseStatus: 8},
	} {
		if got := (&results.Group{Status: statuses, Errors: errors}).Tolerated(); got != want {
			t.Errorf("%v: %d, want %d", errors, got, want)
		}
	}
}
