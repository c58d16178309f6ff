package cli

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
)

// Nobody blames the server for a stop of the loader: the trial is flagged, and
// repeated while the budget lasts.
func TestRunWithAStoppedLoader(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server(t, "good", nil)
	p := s.joust(t, s.run("--servers", "good", "--trials", "3", "--duration", "2s", "--repeat-budget", "1")...)
	p.until("the third trial's window", func() bool { return s.events("loaded") == 3 })
	stopFor(t, s.loader(t), 600*time.Millisecond)
	p.ends(2*patience, ExitOK)
	_, run := s.stored(t)
	stalled := func(trial *results.Trial) (results.Verdict, bool) {
		for _, phase := range trial.Phases {
			if slices.ContainsFunc(phase.Verdict.Reasons, func(r results.Reason) bool { return r.Code == "stalled" }) {
				return phase.Verdict, true
			}
		}
		return results.Verdict{}, false
	}
	repeated, flagged := 0, false
	for i := range run.Trials {
		trial := &run.Trials[i]
		if trial.State == results.TrialRepeated {
			repeated++
		}
		v, ok := stalled(trial)
		if !ok {
			continue
		}
		flagged = true
		if !v.Has(results.FlagDisturbed) || v.Bottleneck != results.LimitUnknown {
			t.Errorf("trial %d stood still: bottleneck %q, flags %v", i, v.Bottleneck, v.Flags)
		}
	}
	if !flagged {
		t.Errorf("no trial says that the loader stood still:\n%s", p.out.String())
	}
	if repeated == 0 {
		t.Errorf("no trial was done again:\n%s", p.out.String())
	}
}

// loader is the process of the loader that runs.
func (s *site) loader(t *testing.T) int {
	t.Helper()
	for _, pid := range marked(s.mark) {
		if hasLoader([]int{pid}) {
			return pid
		}
	}
	t.Fatal("no loader runs")
	return 0
}

// A rate above the peak that the server keeps proves that the peak was too low. The
// server is slow for its first requests: those of the closed loop, in which four
// clients ask at most 50 times a second each, and some of the open one.
func TestRunFindsARateAboveThePeak(t *testing.T) {
	t.Parallel()
	const slow, rate = 500, 1000
	retry.Often(t, func() string {
		s := newSite(t)
		s.server(t, "warms", []string{"warms", fmt.Sprint(slow)})
		// The open loop comes in addition to the closed one of every short run.
		p := s.joust(t, s.run("--servers", "warms", "--mode", "open", "--rates", fmt.Sprint(rate), "--duration", "1500ms")...)
		select {
		case <-p.done:
		case <-time.After(2 * patience):
			t.Fatalf("joust has not ended:\n%s", p.out.String())
		}
		_, run := s.stored(t)
		return exceeded(&run)
	})
}

// exceeded says why the closed loop of the run's only trial is not flagged as
// one whose peak an open loop exceeded.
func exceeded(run *results.Run) string {
	if len(run.Trials) != 1 {
		return fmt.Sprintf("%d trials", len(run.Trials))
	}
	for _, phase := range run.Trials[0].Phases {
		if phase.Name != results.PhaseClosed {
			continue
		}
		v := phase.Verdict
		if !v.Has(results.FlagExceeded) || v.Bottleneck == results.LimitServer || !strings.Contains(fmt.Sprint(v.Reasons), "its peak was not found") {
			return fmt.Sprintf("bottleneck %q, flags %v: %v", v.Bottleneck, v.Flags, v.Reasons)
		}
		return ""
	}
	return "there is no closed loop"
}

// The README's example of an open loop gives numbers. Only a machine with time to
// spare keeps 20 000 req/s.
func TestRunOfTheReadmesRates(t *testing.T) {
	// Not in parallel with other tests, whose loaders spin on the same processor.
	if _, err := exec.LookPath("nginx"); err != nil {
		t.Skip(err)
	}
	retry.Often(t, func() string {
		s := newSite(t)
		p := s.joust(t, "run", "--servers-dir", filepath.Join(checkout, "servers"), "--servers", "nginx", "--scenarios", "hello", "--mode", "open", "--rates", "1000,20k",
			"--trials", "1", "--duration", "1s", "--warmup", "300ms")
		select {
		case <-p.done:
		case <-time.After(2 * patience):
			t.Fatalf("joust has not ended:\n%s", p.out.String())
		}
		if e := (ended{code: p.code(), out: p.out.String()}); e.code != ExitOK || strings.Contains(e.out, "void") {
			return e.String()
		}
		return ""
	})
}
