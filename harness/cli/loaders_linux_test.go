package cli

import (
	"os"
	"testing"

	"github.com/joust-bench/joust/results"
)

// Two loader processes make a load together: they share its connections and its
// rate, open the same windows, and the report has what both count.
func TestTwoLoaders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server(t, "sleeper", []string{"slow"})
	args := append([]string{
		"run", "--servers-dir", s.path("servers"), "--servers", "sleeper", "--scenarios", "hello", "--mode", "closed,open", "--rates", "200",
		"--trials", "1", "--duration", "300ms", "--warmup", "100ms", "--clients", "9", "--loaders", "2",
	}, steadily()...)
	p := s.joust(t, args...)
	<-p.done
	dir, run := s.stored(t)
	says(t, p.out.String(), "2 loader processes make each load together")
	if len(run.Trials) != 1 || run.Trials[0].State != results.TrialOK || len(run.Trials[0].Parts) != 2 || run.Plan.Loaders != 2 {
		t.Fatalf("trials %+v of %d loaders:\n%s", run.Trials, run.Plan.Loaders, p.out.String())
	}
	trial := &run.Trials[0]
	whole, a, b := &trial.Loaders[0], &trial.Parts[0], &trial.Parts[1]
	if whole.ConnectionsOpen != 9 || a.ConnectionsOpen != 5 || b.ConnectionsOpen != 4 || a.Seed == b.Seed {
		t.Errorf("connections %d of %d and %d, seeds %d and %d", whole.ConnectionsOpen, a.ConnectionsOpen, b.ConnectionsOpen, a.Seed, b.Seed)
	}
	for i := range whole.Phases {
		w, x, y := &whole.Phases[i], &a.Phases[i], &b.Phases[i]
		if n := x.Total.Completed + y.Total.Completed; w.Total.Completed != n || w.Measured && (x.Total.Completed == 0 || y.Total.Completed == 0) {
			t.Errorf("%s: %d completed, %d and %d by each", w.Name, w.Total.Completed, x.Total.Completed, y.Total.Completed)
		}
		if w.Rate != nil && (w.Rate.Offered != 60 || x.Rate.Offered != 30 || y.Rate.Offered != 30) {
			t.Errorf("%s: %d offered, %d and %d by each", w.Name, w.Rate.Offered, x.Rate.Offered, y.Rate.Offered)
		}
	}
	for _, phase := range trial.Phases {
		if phase.Loader == nil || phase.Loader.Processes != 2 {
			t.Errorf("%s: the loaders' use is %+v", phase.Name, phase.Loader)
		}
	}
	for _, name := range []string{"loader.log", "loader-2.log"} {
		if _, err := os.Stat(dir + "/logs/" + name); err != nil {
			t.Error(err)
		}
	}
}

func TestLoadersThatCannotBe(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server(t, "good", nil)
	for flags, want := range map[string]string{
		"0": "--loaders: loaders must be at least 1, not 0",
		"5": "--loaders: more loaders than clients: 5 loaders would share the 4 clients of hello",
	} {
		text := s.joust(t, s.run("--servers", "good", "--loaders", flags)...).ends(patience, ExitUsage)
		says(t, text, want)
	}
}
