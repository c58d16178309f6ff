package run

import (
	"testing"
	"time"

	"github.com/joust-bench/joust/results"
)

func stolen(shares ...float64) *results.Trial {
	t := &results.Trial{State: results.TrialOK}
	for i := range shares {
		t.Phases = append(t.Phases, results.TrialPhase{Name: "closed", StealShare: &shares[i]})
	}
	return t
}

func TestOnlyDisturbedTrialsAreRepeated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what  string
		trial *results.Trial
		want  bool
	}{
		{"nothing stolen", stolen(0, 0), false},
		{"at the limit", stolen(repeatSteal), false},
		{"one window beyond it", stolen(0, repeatSteal+0.01), true},
		{"a void trial", &results.Trial{State: results.TrialVoid, Phases: stolen(0.9).Phases}, false},
		{"not measured", &results.Trial{State: results.TrialOK, Phases: []results.TrialPhase{{}}}, false},
	} {
		r := newRepeats(time.Hour, DefaultRepeatBudget)
		if got := r.allow(c.trial, 1, time.Second); got != c.want {
			t.Errorf("%s: repeated %t, want %t", c.what, got, c.want)
		}
		if (c.trial.Reason != "") != c.want {
			t.Errorf("%s: reason %q", c.what, c.trial.Reason)
		}
	}
}

// Repeating never takes more than its share of the planned time, and no more
// than in step with the run.
func TestRepeatsStayInTheirBudget(t *testing.T) {
	t.Parallel()
	const planned, cost, trials = 1000 * time.Second, 10 * time.Second, 100
	r := newRepeats(planned, DefaultRepeatBudget)
	spent := time.Duration(0)
	for i := 1; i <= trials; i++ {
		progress := float64(i) / trials
		for r.allow(stolen(1), progress, cost) {
			spent += cost
		}
		if limit := time.Duration(DefaultRepeatBudget * progress * float64(planned)); spent > limit {
			t.Fatalf("after %d trials %v were spent on repeats, %v are allowed", i, spent, limit)
		}
	}
	if want := time.Duration(DefaultRepeatBudget * float64(planned)); spent != want {
		t.Errorf("%v were spent on repeats where every trial was disturbed, want %v", spent, want)
	}
}

func TestNothingIsRepeatedWithoutABudget(t *testing.T) {
	t.Parallel()
	r := newRepeats(time.Hour, 0)
	if r.allow(stolen(1), 1, time.Nanosecond) {
		t.Error("a trial was repeated without a budget")
	}
}
