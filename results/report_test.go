package results

import "testing"

// TestEmptyPollsAreNoWork: half of the CPU time of a thread that polls went into
// empty polls, and counts nowhere.
func TestEmptyPollsAreNoWork(t *testing.T) {
	t.Parallel()
	polling := ThreadUse{CPUNS: 10_000, SpinNS: 5_000}
	delayed := func(run, stall int64) ThreadUse {
		u := polling
		u.RunDelayNS, u.StallNS = &run, stall
		return u
	}
	for name, c := range map[string]struct {
		phase      Phase
		work       int64
		known      bool
		perRequest float64
	}{
		"one thread":  {Phase{Total: Group{Completed: 10}, Threads: []ThreadUse{polling}}, 5_000, true, 500},
		"two threads": {Phase{Total: Group{Completed: 10}, Threads: []ThreadUse{polling, {CPUNS: 3_000}}}, 8_000, true, 800},
		"more polls":  {Phase{Total: Group{Completed: 10}, Threads: []ThreadUse{{CPUNS: 1_000, SpinNS: 1_100}, polling}}, 5_000, true, 500},
		// A poll of 2 000 ns took 1 500 ns longer, for which the thread had no
		// processor; a stall of 4 000 ns is in no poll.
		"delayed in a poll": {Phase{Total: Group{Completed: 10}, Threads: []ThreadUse{delayed(5_500, 4_000)}}, 6_500, true, 650},
		"delayed in stalls": {Phase{Total: Group{Completed: 10}, Threads: []ThreadUse{delayed(4_000, 4_000)}}, 5_000, true, 500},
		"stolen":            {Phase{Total: Group{Completed: 10}, Threads: []ThreadUse{delayed(0, 4_000)}}, 5_000, true, 500},
		"delayed at work":   {Phase{Total: Group{Completed: 10}, Threads: []ThreadUse{delayed(9_000, 0)}}, 10_000, true, 1000},
		"nothing answered":  {Phase{Threads: []ThreadUse{polling}}, 5_000, true, 0},
		"no threads":        {Phase{Total: Group{Completed: 10}}, 0, false, 0},
	} {
		work, known := c.phase.WorkNS()
		if perRequest := c.phase.WorkPerRequestNS(); work != c.work || known != c.known || perRequest != c.perRequest {
			t.Errorf("%s: %d ns (known: %t), %g ns a request; want %d (%t), %g", name, work, known, perRequest, c.work, c.known, c.perRequest)
		}
	}
}
