package cli

import (
	"os"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
)

// sleepCapacity is the throughput in req/s that a sleep of 20 ms an answer
// leaves 64 clients, and sleepMost the largest share of it that a short window may
// show: it begins with 64 requests in flight.
const (
	sleepCapacity = 64 / 0.02
	sleepMost     = 1.15
)

// TestSweepAndSearchFindWhatASleepAllows runs a sweep and a search against a
// server that sleeps 20 ms an answer: whatever else the machine does, its
// throughput is at most the number of clients over that time, and no higher
// rate can be kept. Only a machine with time to spare comes near it.
func TestSweepAndSearchFindWhatASleepAllows(t *testing.T) {
	t.Parallel()
	retry.Often(t, func() string {
		s := newSite(t)
		s.server(t, "sleeper", []string{"slow"})
		plan := "servers: [sleeper]\nclients: [2, 64]\nfind_rate: p50<80ms\ntrials: 1\nwarmup: 0s\nduration: 200ms\nopen_duration: 200ms\ndrain: 150ms\ntables: [{scenarios: [hello]}]\n"
		if err := os.WriteFile(s.path("plan.yaml"), []byte(plan), 0o644); err != nil {
			t.Fatal(err)
		}
		p := s.joust(t, append([]string{"run", "plan.yaml", "--servers-dir", s.path("servers")}, steadily()...)...)
		select {
		case <-p.done:
		case <-time.After(3 * patience):
			t.Fatalf("joust has not ended:\n%s", p.out.String())
		}
		_, run := s.stored(t)
		search, confirm := trialOfKind(&run, results.TrialMeasured), trialOfKind(&run, results.TrialConfirm)
		if starved := starvedSearch(search, confirm); starved != "" {
			return starved
		}
		if p.code() != ExitOK {
			t.Fatalf("exit code %d:\n%s", p.code(), p.out.String())
		}
		checkSweep(t, search)
		if knee := *search.Search.KeptRPS; knee > sleepMost*sleepCapacity || *confirm.Search.KeptRPS > knee {
			t.Errorf("the knee is %.0f req/s, %.0f are confirmed of %.0f", knee, *confirm.Search.KeptRPS, sleepCapacity)
		}
		if confirm.Loaders[0].ConnectionsAsked != 64 || len(search.Search.Steps) < 3 {
			t.Errorf("%d steps, confirmed with %d clients", len(search.Search.Steps), confirm.Loaders[0].ConnectionsAsked)
		}
		says(t, p.out.String(), "64 of 2 to 64 clients", "highest rate", "confirmed", "knee (best)", "64 (64)")
		return ""
	})
}

// starvedSearch names the result that a machine without time prevented, empty for
// none.
func starvedSearch(search, confirm *results.Trial) string {
	switch {
	case search == nil || search.Search == nil || search.Search.KeptRPS == nil:
		return "no rate was found"
	case search.Loaders[0].ConnectionsAsked != 64:
		return "few clients did better than many"
	case confirm == nil || confirm.Search == nil || confirm.Search.KeptRPS == nil:
		return "what was found is not confirmed"
	case *confirm.Search.KeptRPS < sleepCapacity/4:
		return "a small part of the capacity is confirmed"
	}
	return ""
}

// checkSweep holds the points to what they are.
func checkSweep(t *testing.T, trial *results.Trial) {
	t.Helper()
	if len(trial.Sweep) != 2 {
		t.Fatalf("%d points", len(trial.Sweep))
	}
	for _, point := range trial.Sweep {
		if point.Report.ConnectionsAsked != point.Clients || point.Seen.Server == nil {
			t.Errorf("the point of %d clients has %d connections, and the server's use %v", point.Clients, point.Report.ConnectionsAsked, point.Seen.Server)
		}
		if x := point.Report.Phase(results.PhaseClosed).ThroughputRPS(); x > sleepMost*sleepCapacity*float64(point.Clients)/64 {
			t.Errorf("%d clients got %.0f req/s", point.Clients, x)
		}
	}
	if len(trial.Phases) != 1 || trial.Phases[0].Name != results.PhaseClosed {
		t.Errorf("the phases of the ladder are %+v", trial.Phases)
	}
}

func trialOfKind(run *results.Run, kind results.TrialKind) *results.Trial {
	for i := range run.Trials {
		if t := &run.Trials[i]; t.Kind == kind && t.State == results.TrialOK {
			return t
		}
	}
	return nil
}
