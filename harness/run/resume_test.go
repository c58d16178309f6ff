package run

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/plan/plantest"
	"github.com/joust-bench/joust/results"
)

// everything can be run.
func everything(results.PlanEntry, results.PlanTable) bool { return true }

// three is a plan of three servers, one of them twice.
func three() results.Plan {
	p := plantest.Ladder()
	p.Entries = []results.PlanEntry{{Server: "nginx", As: "nginx"}, {Server: "node", As: "node"}, {Server: "nginx", As: "nginx-aa"}}
	p.Tables[0].Trials = 3
	return p
}

// stored returns the trial as the journal holds it.
func stored(t plan.Trial, state results.TrialState) results.Trial {
	return results.Trial{
		Index: t.Index, Block: t.Block, Kind: t.Kind, Server: t.Entry.As, Scenario: t.Table.Scenario, Protocol: t.Table.Protocol,
		Repetition: t.Repetition, State: state,
	}
}

// A resumed run measures the rest of the same list, wherever it was interrupted and
// whatever the state of the trials before.
func TestResumeGoesOnInTheSameOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := three()
		p.Seed = rapid.Uint64().Draw(t, "seed")
		all := plan.Expand(p, everything)
		stop := rapid.IntRange(0, len(all)).Draw(t, "stop")
		r := &Runner{Run: results.Run{Plan: p}, Runnable: everything}
		for _, trial := range all[:stop] {
			state := rapid.SampledFrom([]results.TrialState{results.TrialOK, results.TrialVoid}).Draw(t, "state")
			r.Done = append(r.Done, stored(trial, state))
		}
		if stop < len(all) && rapid.Bool().Draw(t, "interrupted") {
			r.Done = append(r.Done, stored(all[stop], results.TrialInterrupted))
		}
		pending := r.pending()
		same := slices.EqualFunc(pending, all[stop:], func(a, b plan.Trial) bool {
			return a.Seed == b.Seed && a.Entry.Key() == b.Entry.Key() && a.Entry.As == b.Entry.As && a.Block == b.Block && a.Repetition == b.Repetition && a.Kind == b.Kind
		})
		if !same {
			t.Fatalf("after %d of %d trials %d are pending, and not the rest of the list", stop, len(all), len(pending))
		}
	})
}

func TestFailedChecksAreNotMeasured(t *testing.T) {
	t.Parallel()
	p := three()
	r := &Runner{Runnable: everything, Run: results.Run{Plan: p, Servers: []results.Server{
		{Name: "nginx"}, {Name: "node", CheckFailed: map[string]string{"hello": "the body differs"}}, {Name: "nginx-aa"},
	}}}
	for _, trial := range r.pending() {
		if trial.Entry.As == "node" {
			t.Fatal("a server that answers wrongly is measured")
		}
	}
	r.Run.Servers[1].CheckFailed = map[string]string{"json": "another row"}
	if !slices.ContainsFunc(r.pending(), func(t plan.Trial) bool { return t.Entry.As == "node" }) {
		t.Error("a row is left out for the failure of another")
	}
}

func TestNextIndexFollowsTheLargest(t *testing.T) {
	t.Parallel()
	for want, done := range map[int][]results.Trial{0: nil, 1: {{Index: 0}}, 8: {{Index: 7}, {Index: 2}}} {
		if got := nextIndex(done); got != want {
			t.Errorf("next index %d, want %d", got, want)
		}
	}
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	if got := lastBlock(plan.Expand(three(), everything)); got != 3 {
		t.Errorf("last block %d, want 3", got)
	}
	if got := lastBlock(nil); got != 0 {
		t.Errorf("last block of nothing %d", got)
	}
}
