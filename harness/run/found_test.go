package run

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/plan/plantest"
	"github.com/joust-bench/joust/harness/trial"
	"github.com/joust-bench/joust/results"
)

// confirming is the trial that confirms what one on nginx found.
func confirming() plan.Trial {
	p := plantest.Ladder()
	return plan.Trial{Kind: results.TrialConfirm, Entry: p.Entries[0], Table: p.Tables[0], Repetition: 1}
}

// searched is the trial whose search found a rate with 8 clients.
func searched() results.Trial {
	rate := 1000.0
	t := stored(confirming(), results.TrialOK)
	t.Kind, t.Loaders = results.TrialMeasured, []results.Report{{ConnectionsAsked: 8}}
	t.Search = &results.Search{KeptRPS: &rate, AtLeast: true, Stop: "why the search stopped"}
	return t
}

// What a search found goes to the trial that confirms it, with its clients.
func TestFoundIsConfirmed(t *testing.T) {
	t.Parallel()
	r := &Runner{}
	if !r.nothingToConfirm(confirming()) {
		t.Error("there is something to confirm before anything was found")
	}
	found := searched()
	r.noteFound(&found)
	if r.nothingToConfirm(confirming()) {
		t.Error("there is nothing to confirm though something was found")
	}
	want := trial.Candidate{RateRPS: 1000, Clients: 8, Stop: "why the search stopped", AtLeast: true}
	if d := cmp.Diff(want, r.found[keyOf(confirming())]); d != "" {
		t.Error(d)
	}
}

// Only what counts is confirmed.
func TestNoteFoundTakesValidSearches(t *testing.T) {
	t.Parallel()
	r := &Runner{}
	for name, edit := range map[string]func(*results.Trial){
		"void":       func(t *results.Trial) { t.State = results.TrialVoid },
		"repeated":   func(t *results.Trial) { t.State = results.TrialRepeated },
		"no search":  func(t *results.Trial) { t.Search = nil },
		"none found": func(t *results.Trial) { t.Search.KeptRPS = nil },
		"confirming": func(t *results.Trial) { t.Kind = results.TrialConfirm },
		"another":    func(t *results.Trial) { t.Repetition = 2 },
	} {
		found := searched()
		edit(&found)
		r.noteFound(&found)
		if !r.nothingToConfirm(confirming()) {
			t.Errorf("a trial that is %s was noted", name)
		}
	}
}
