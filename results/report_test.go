package results

import "testing"

// TestEmptyPollsAreNoWork: half of the CPU time of a thread that polls went into
// empty polls, and counts nowhere.
func TestEmptyPollsAreNoWork(t *testing.T) {
	t.Parallel()
	polling := ThreadUse{CPUNS: 10_000, SpinNS: 5_000}
	for name, c := range map[string]struct {
		phase      Phase
		work       int64
		known      bool
		perRequest float64
	}{
		"one thread":       {Phase{Total: Group{Completed: 10}, Threads: []ThreadUse{polling}}, 5_000, true, 500},
		"two threads":      {Phase{Total: Group{Completed: 10}, Threads: []ThreadUse{polling, {CPUNS: 3_000}}}, 8_000, true, 800},
		"more polls":       {Phase{Total: Group{Completed: 10}, Threads: []ThreadUse{{CPUNS: 1_000, SpinNS: 1_100}, polling}}, 5_000, true, 500},
		"nothing answered": {Phase{Threads: []ThreadUse{polling}}, 5_000, true, 0},
		"no threads":       {Phase{Total: Group{Completed: 10}}, 0, false, 0},
	} {
		work, known := c.phase.WorkNS()
		if perRequest := c.phase.WorkPerRequestNS(); work != c.work || known != c.known || perRequest != c.perRequest {
			t.Errorf("%s: %d ns (known: %t), %g ns a request; want %d (%t), %g", name, work, known, perRequest, c.work, c.known, c.perRequest)
		}
	}
}
