package cli

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/joust-bench/joust/results"
)

func TestInterruptedRunKeepsWhatThereIsAndGoesOn(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.server(t, "good", nil)
			p := s.joust(t, s.run("--servers", "good", "--trials", "3", "--duration", "1s", "--seed", "9")...)
			p.until("the second trial's window", func() bool { return s.events("loaded") == 2 })
			p.signal(signal)
			text := p.ends(20*time.Second, ExitInterrupted)
			if pids := marked(s.mark); len(pids) > 0 {
				t.Errorf("processes %v remain", pids)
			}
			dir, stored := s.stored(t)
			says(t, text, "stopping: what is in flight is drained", "once more ends at once", "[2/3] block 2  good hello  interrupted",
				"interrupted: go on with joust run --resume "+stored.ID+" --servers-dir "+s.path("servers"))
			if stored.State != results.RunInterrupted || len(stored.Trials) != 2 ||
				stored.Trials[0].State != results.TrialOK || stored.Trials[1].State != results.TrialInterrupted {
				t.Fatalf("state %s, %d trials", stored.State, len(stored.Trials))
			}
			if len(stored.Trials[1].Loaders) == 0 {
				t.Error("the interrupted trial holds nothing of what was measured")
			}
			first := holdsMatrices(t, dir, "interrupted")

			text = s.joust(t, "run", "--resume", stored.ID, "--servers-dir", s.path("servers"), "--repeat-budget", "0").ends(patience, ExitOK)
			says(t, text, "resuming "+stored.ID+", which has 2 trials", "[2/2]")
			_, whole := s.stored(t)
			if whole.State != results.RunComplete || len(whole.Trials) != 4 {
				t.Errorf("state %s with %d trials, want complete with 4", whole.State, len(whole.Trials))
			}
			seen := counted(&whole)
			for trial, n := range seen {
				if n != 1 {
					t.Errorf("%s was measured %d times", trial, n)
				}
			}
			for i := range whole.Trials {
				if whole.Trials[i].Index != i {
					t.Errorf("trial %d has the index %d", i, whole.Trials[i].Index)
				}
			}
			if len(seen) != 3 || !whole.Trials[0].Started.Equal(stored.Trials[0].Started) {
				t.Errorf("counted are %v, and the first must be the one measured first", seen)
			}
			if holdsMatrices(t, dir, "") == first {
				t.Error("the matrices are those of the interrupted run")
			}
		})
	}
}

// holdsMatrices returns bench_results.md, which must say that part; both
// matrices must be there.
func holdsMatrices(t *testing.T, dir, part string) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, openLoopFile)); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, benchFile))
	if err != nil {
		t.Fatal(err)
	}
	says(t, string(text), part)
	return string(text)
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server(t, "stubborn", []string{"stubborn"}, "stop_timeout=1m")
	p := s.joust(t, s.run("--servers", "stubborn")...)
	// The check's server is stubborn already: its end takes the minute.
	// joust owns a server before it sends the first request.
	p.until("the check's first request", func() bool { return s.events("asked") == 1 })
	p.signal(syscall.SIGINT)
	p.until("the first signal's answer", func() bool { return strings.Contains(p.out.String(), "stopping:") })
	began := time.Now()
	p.until("the end", func() bool {
		p.signal(syscall.SIGINT) // those of the first half second are the first one again
		select {
		case <-p.done:
			return true
		default:
			return false
		}
	})
	p.ends(5*time.Second, ExitInterrupted)
	if lines := waitGone(s.mark, goneWithin); len(lines) > 0 {
		t.Errorf("%v after the second signal there is still %q", time.Since(began), lines)
	}
	_, stored := s.stored(t)
	if stored.State != results.RunInterrupted {
		t.Errorf("state %s of a run that nobody owns any more", stored.State)
	}
	says(t, s.joust(t, "list", "runs").ends(patience, ExitOK), " interrupted ", "go on with joust run --resume "+stored.ID)
}

func TestInterruptedCheckBlamesNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server(t, "silent", []string{"silent"}, "start_timeout=1m")
	p := s.joust(t, s.run("--servers", "silent")...)
	p.until("the start of the check", func() bool { return s.events("started") == 1 })
	p.signal(syscall.SIGINT)
	text := p.ends(20*time.Second, ExitInterrupted)
	says(t, text, "interrupted: go on with joust run --resume")
	if strings.Contains(text, "is wrong") {
		t.Errorf("the server was not wrong:\n%s", text)
	}
	_, stored := s.stored(t)
	if failed := stored.Servers[0].CheckFailed; len(failed) > 0 {
		t.Errorf("the server stands there as wrong: %v", failed)
	}

	p = s.joust(t, "check", "silent", "--servers-dir", s.path("servers"))
	p.until("the start of the check", func() bool { return s.events("started") == 2 })
	p.signal(syscall.SIGINT)
	if text := p.ends(20*time.Second, ExitInterrupted); strings.Contains(text, "wrong") {
		t.Errorf("the server was not wrong:\n%s", text)
	}
}

func TestInterruptedWaitLeavesNoRun(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"SIGINT": syscall.SIGINT, "SIGKILL": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.server(t, "good", nil)
			defer s.occupy(t)()
			p := s.joust(t, s.run("--servers", "good")...)
			p.until("the wait", p.waits)
			p.signal(signal)
			code := ExitInterrupted
			if signal == syscall.SIGKILL {
				code = -1 // it did not exit by itself
			}
			p.ends(20*time.Second, code)
			runs, err := filepath.Glob(s.path("results", "runs", "*"))
			if err != nil || len(runs) > 0 {
				t.Errorf("a run of which nothing was measured is stored: %v %v", runs, err)
			}
		})
	}
}

// timeout(1) signals its child and then the child's process group.
func TestTwoSignalsAtOnceAreOneStop(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	c, out, errs := command(t, t.TempDir(), "load", s.URL, "-c", "2", "-t", "1", "-d", "60s", "--warmup", "0s")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "the load", func() bool { return s.asked.Load() > 0 })
	for range 3 {
		if err := c.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
	}
	if code := exitOf(t, c.Wait()); code != ExitInterrupted || !strings.Contains(out.String(), " right in the window") {
		t.Errorf("exit code %d, want %d with the result so far\n%s%s", code, ExitInterrupted, out, errs)
	}
}
