package cli

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/joust-bench/joust/results"
)

// TestSweepAndSearchFindWhatASleepAllows runs a sweep and a search against a
// server that sleeps 20 ms an answer: its throughput is the number of clients
// over that time, whatever the machine does besides, and no rate above the
// best of them can be kept.
func TestSweepAndSearchFindWhatASleepAllows(t *testing.T) {
	t.Parallel()
	const capacity = 32 / 0.02 // req/s
	for attempt := 1; ; attempt++ {
		s := newSite(t)
		s.server(t, "sleeper", []string{"slow"})
		plan := "servers: [sleeper]\nclients: [2, 32]\nfind_rate: p50<80ms\ntrials: 1\nwarmup: 0s\nduration: 300ms\nopen_duration: 300ms\ndrain: 150ms\ntables: [{scenarios: [hello]}]\n"
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
		if (p.code() != ExitOK || confirm == nil || confirm.Search.KeptRPS == nil) && attempt < 4 {
			t.Logf("attempt %d on a busy machine:\n%s", attempt, p.out.String())
			continue
		}
		if p.code() != ExitOK || search == nil || confirm == nil || confirm.Search == nil || confirm.Search.KeptRPS == nil {
			t.Fatalf("exit code %d:\n%s", p.code(), p.out.String())
		}
		checkSweep(t, search, capacity)
		found, confirmed := *search.Search.KeptRPS, *confirm.Search.KeptRPS
		if found > 1.05*capacity || confirmed > found || confirmed < capacity/8 {
			t.Errorf("%.0f req/s are found and %.0f confirmed of %.0f:\n%s", found, confirmed, capacity, p.out.String())
		}
		if confirm.Loaders[0].ConnectionsAsked != 32 {
			t.Errorf("confirmed with %d clients", confirm.Loaders[0].ConnectionsAsked)
		}
		says(t, p.out.String(), "32 of 2 to 32 clients", "highest rate", "confirmed", "knee (best)", "32 (32)")
		return
	}
}

// checkSweep holds the points to what they are: few clients give little, and
// the ladder has the best.
func checkSweep(t *testing.T, trial *results.Trial, capacity float64) {
	t.Helper()
	var rps []float64
	for _, point := range trial.Sweep {
		rps = append(rps, point.Report.Phase(results.PhaseClosed).ThroughputRPS())
		if point.Report.ConnectionsAsked != point.Clients || point.Seen.Server == nil {
			t.Errorf("the point of %d clients has %d connections, and the server's use %v", point.Clients, point.Report.ConnectionsAsked, point.Seen.Server)
		}
	}
	if len(rps) != 2 || rps[0] > 1.05*capacity/16 || rps[1] > 1.05*capacity || rps[1] < 2*rps[0] {
		t.Errorf("throughputs %v", rps)
	}
	if n := trial.Loaders[0].ConnectionsAsked; n != 32 {
		t.Errorf("the ladder has %d clients", n)
	}
	names := []string{}
	for _, p := range trial.Phases {
		names = append(names, p.Name)
	}
	if !slices.Equal(names, []string{results.PhaseClosed}) || len(trial.Search.Steps) < 3 {
		t.Errorf("phases %v, %d steps", names, len(trial.Search.Steps))
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
