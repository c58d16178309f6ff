package journaltest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results/journal"
	"github.com/joust-bench/joust/results/journal/journaltest"
)

func TestGrow(t *testing.T) {
	t.Parallel()
	const full = "../testdata/full"
	was, err := journal.Open(full)
	if err != nil {
		t.Fatal(err)
	}
	n := len(was.Trials)
	run, err := journal.Open(journaltest.Grow(t, full, 2*n+1))
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Trials) != 2*n+1 || run.Plan.Tables[0].Trials != 3*was.Plan.Tables[0].Trials {
		t.Errorf("%d trials, and the plan asks for %d of each cell", len(run.Trials), run.Plan.Tables[0].Trials)
	}
	for i, got := range run.Trials {
		want := run.Trials[i%n]
		want.Index, want.Block, want.Repetition = i, 1+i/n, 1+i/n
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("trial %d (-want +got):\n%s", i, diff)
		}
	}
}
