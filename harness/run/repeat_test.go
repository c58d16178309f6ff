package run

import (
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
)

// flagged returns a trial whose last phase is disturbed, with a reason of that code.
// Without a code, the trial has only circumstances.
func flagged(code string) *results.Trial {
	t := &results.Trial{State: results.TrialOK, Phases: []results.TrialPhase{{Name: "closed"}, {Name: "open 50%"}}}
	t.Phases[0].Verdict = results.Verdict{Flags: []results.Flag{results.FlagNotSteady}, Reasons: []results.Reason{{Code: "not-steady", Text: "halves"}}}
	if code != "" {
		t.Phases[1].Verdict = results.Verdict{
			Flags:   []results.Flag{results.FlagNotSteady, results.FlagDisturbed},
			Reasons: []results.Reason{{Code: "shares", Text: "busy"}, {Code: code, Text: "it was " + code}},
		}
	}
	return t
}

func TestOnlyDisturbedTrialsAreRepeated(t *testing.T) {
	t.Parallel()
	void := flagged("steal")
	void.State = results.TrialVoid
	for _, c := range []struct {
		what   string
		trial  *results.Trial
		reason string // none where it is not repeated
	}{
		{"nothing but circumstances", flagged(""), ""},
		{"stolen", flagged("steal"), "disturbed in phase open 50%: it was steal"},
		{"slower", flagged("slower"), "disturbed in phase open 50%: it was slower"},
		{"crowded", flagged("foreign-work"), "disturbed in phase open 50%: it was foreign-work"},
		{"read late", flagged("late-read"), "disturbed in phase open 50%: it was late-read"},
		{"a void trial", void, ""},
		{"not measured", &results.Trial{State: results.TrialOK, Phases: []results.TrialPhase{{}}}, ""},
	} {
		r := newRepeats(time.Hour, plan.DefaultRepeatBudget)
		if got := r.allow(c.trial, 1, time.Second); got != (c.reason != "") || c.trial.Reason != c.reason {
			t.Errorf("%s: repeated %t, reason %q", c.what, got, c.trial.Reason)
		}
	}
}

// Repeating never takes more than its share of the planned time, and no more
// than in step with the run.
func TestRepeatsStayInTheirBudget(t *testing.T) {
	t.Parallel()
	const planned, cost, trials = 1000 * time.Second, 10 * time.Second, 100
	r := newRepeats(planned, plan.DefaultRepeatBudget)
	spent := time.Duration(0)
	for i := 1; i <= trials; i++ {
		progress := float64(i) / trials
		for r.allow(flagged("steal"), progress, cost) {
			spent += cost
		}
		if limit := time.Duration(plan.DefaultRepeatBudget * progress * float64(planned)); spent > limit {
			t.Fatalf("after %d trials %v were spent on repeats, %v are allowed", i, spent, limit)
		}
	}
	if want := time.Duration(plan.DefaultRepeatBudget * float64(planned)); spent != want {
		t.Errorf("%v were spent on repeats where every trial was disturbed, want %v", spent, want)
	}
}

func TestNothingIsRepeatedWithoutABudget(t *testing.T) {
	t.Parallel()
	r := newRepeats(time.Hour, 0)
	if r.allow(flagged("steal"), 1, time.Nanosecond) {
		t.Error("a trial was repeated without a budget")
	}
}
