package trial

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/joust-bench/joust/results"
)

func TestSpinsNextToAPhase(t *testing.T) {
	t.Parallel()
	all := []results.Spin{{Before: "warm-up"}, {Before: "open 50%"}, {Before: "open 90%"}, {}}
	before := map[string]int{"warm-up": 0, "closed": 0, "open 50%": 1, "open 90%": 2}
	for _, c := range []struct {
		phase       string
		spins, want []results.Spin
	}{
		{"closed", all, all[:2]},
		{"open 50%", all, all[1:3]},
		{"open 90%", all, all[2:]},
		{"open 90%", all[:3], all[2:3]}, // the load ended early, or goes on
		{"closed", all[:1], all[:1]},
		{"closed", nil, nil}, // the run has nothing to compare with
	} {
		timer := spinTimer{spins: c.spins, before: before}
		if d := cmp.Diff(c.want, timer.around(c.phase), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s among %d spins: %s", c.phase, len(c.spins), d)
		}
	}
}
