package core

import (
	"testing"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
)

// Empty polls are no work of the loader, by which rates are chosen.
func TestPhaseDoneLeavesPollsOut(t *testing.T) {
	t.Parallel()
	s := &session{load: &load{spec: &loaders.Spec{Threads: 2}}}
	p := results.Phase{
		T1NS: 1e9, Total: results.Group{Completed: 1000},
		Threads: []results.ThreadUse{{CPUNS: 1e9, SpinNS: 5e8, Work: 0.5}, {CPUNS: 1e8, Work: 0.1}},
	}
	if d := s.phaseDone(&p); d.CPUPerRequestNS != 6e5 || d.Work != 0.5 || d.Threads != 2 {
		t.Errorf("%+v, want 600 µs a request, 0.5 of the busiest thread", d)
	}
}

func TestThreadsNeeded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		threads []results.ThreadUse
		want    int
	}{
		"idle":                 {[]results.ThreadUse{{}, {}}, 1},
		"polls only":           {[]results.ThreadUse{{CPUNS: 1e9, SpinNS: 1e9, Work: 0}, {CPUNS: 1e9, SpinNS: 1e9}}, 1},
		"half of a thread":     {[]results.ThreadUse{{CPUNS: 1e9, SpinNS: 75e7}, {CPUNS: 1e9, SpinNS: 75e7}}, 1},
		"more than that":       {[]results.ThreadUse{{CPUNS: 1e9, SpinNS: 7e8}, {CPUNS: 1e9, SpinNS: 7e8}}, 2},
		"waits for processors": {[]results.ThreadUse{{CPUNS: 5e8, SpinNS: 4e8, Work: 0.6}, {CPUNS: 5e8, SpinNS: 4e8, Work: 0.6}}, 1},
		"full":                 {[]results.ThreadUse{{CPUNS: 1e9}, {CPUNS: 1e9}}, 4},
	} {
		if got := threadsNeeded(&results.Phase{T1NS: 1e9, Threads: c.threads}); got != c.want {
			t.Errorf("%s: %d threads, want %d", name, got, c.want)
		}
	}
}
