package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/journal"
)

// interrupted makes a run of three trials and interrupts the second. It returns
// the run's folder and the arguments that resume it.
func (s *site) interrupted(t *testing.T) (dir string, resume []string) {
	t.Helper()
	s.server(t, "good", nil)
	p := s.joust(t, s.run("--servers", "good", "--trials", "3", "--duration", "1s")...)
	p.until("the second trial's window", func() bool { return s.events("loaded") == 2 })
	p.signal(syscall.SIGINT)
	p.ends(patience, ExitInterrupted)
	dir, _ = s.stored(t)
	return dir, []string{"run", "--resume", "latest", "--servers-dir", s.path("servers"), "--repeat-budget", "0"}
}

// TestTwoResumesOfOneRun starts two jousts on one interrupted run. The machine
// is occupied until one of them has ended, so both are there at the same time.
func TestTwoResumesOfOneRun(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	dir, resume := s.interrupted(t)
	before, err := os.ReadFile(filepath.Join(dir, journal.TrialsFile))
	if err != nil {
		t.Fatal(err)
	}
	release := s.occupy(t)
	owner, second := s.joust(t, resume...), s.joust(t, resume...)
	select {
	case <-owner.done:
		owner, second = second, owner
	case <-second.done:
	case <-time.After(patience):
		t.Fatalf("both own the run:\n%s\n%s", owner.out.String(), second.out.String())
	}
	text := second.ends(patience, ExitFailed)
	id := filepath.Base(dir)
	says(t, text,
		fmt.Sprintf("joust: another joust has the run %s (process %d, since 20", id, owner.cmd.Process.Pid),
		": "+strings.Join(owner.cmd.Args, " ")+"): wait for it to finish, or end it: ",
		fmt.Sprintf("kill -INT %d; then joust run --resume %s --servers-dir %s\n", owner.cmd.Process.Pid, id, s.path("servers")))
	if strings.Count(text, "\n") != 1 {
		t.Errorf("the second resume says more than its one sentence:\n%s", text)
	}
	owner.until("the owner's wait for the machine", owner.waits)
	s.joust(t, "report", id).ends(patience, ExitOK) // reading takes no lock
	release()
	owner.ends(patience, ExitOK)

	after, err := os.ReadFile(filepath.Join(dir, journal.TrialsFile))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(after, before) {
		t.Error("the trials that were there before have changed")
	}
	for line := range bytes.Lines(after) {
		if !json.Valid(line) || !bytes.HasSuffix(line, []byte("}\n")) {
			t.Errorf("a line of the journal is not whole: %.80q", line)
		}
	}
	_, whole := s.stored(t)
	seen := counted(&whole)
	if whole.State != results.RunComplete || len(seen) != 3 {
		t.Errorf("state %s with the trials %v, want complete with 3", whole.State, seen)
	}
	for trial, n := range seen {
		if n != 1 {
			t.Errorf("%s was measured %d times", trial, n)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, journal.LockFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the lock file remains: %v", err)
	}
}

// A killed joust owns nothing, although its keeper and its server live on for a
// moment.
func TestKilledOwnerGivesItsRunUp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server(t, "stubborn", []string{"stubborn"}, "stop_timeout=50ms")
	p := s.joust(t, s.run("--servers", "stubborn", "--trials", "2")...)
	p.until("the first trial's window", func() bool { return s.events("loaded") > 0 })
	dir, _ := s.stored(t)
	for _, pid := range marked(s.mark) {
		if pid != p.cmd.Process.Pid && hasOpen(pid, filepath.Join(dir, journal.LockFile)) {
			line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // may be gone by now
			t.Errorf("process %d has the lock too: %q", pid, line)
		}
	}
	if !hasOpen(p.cmd.Process.Pid, filepath.Join(dir, journal.LockFile)) {
		t.Error("joust has no lock on the run that it measures")
	}
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.done
	text := s.joust(t, "run", "--resume", "latest", "--servers-dir", s.path("servers"), "--repeat-budget", "0").ends(patience, ExitOK)
	says(t, text, "resuming "+filepath.Base(dir))
}

// hasOpen reports whether the process has the file open.
func hasOpen(pid int, path string) bool {
	file, err := os.Stat(path)
	if err != nil {
		return false
	}
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid)) // the pattern is right
	for _, link := range links {
		if open, err := os.Stat(link); err == nil && os.SameFile(open, file) {
			return true
		}
	}
	return false
}

// Someone else's link or text in the lock's place does no harm.
func TestHostileLockFile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	dir, resume := s.interrupted(t)
	lock, precious := filepath.Join(dir, journal.LockFile), s.path("precious")
	if err := errors.Join(os.WriteFile(precious, []byte("text"), 0o644), os.Symlink(precious, lock)); err != nil {
		t.Fatal(err)
	}
	text := s.joust(t, resume...).ends(patience, ExitFailed)
	says(t, text, "owner.lock is a symbolic link, which is not followed: remove it")
	if text, err := os.ReadFile(precious); err != nil || string(text) != "text" {
		t.Errorf("the link's target holds %q, %v", text, err)
	}
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	j, _, err := journal.Resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	if err := os.WriteFile(lock, []byte("process 0: \x1b]0;title\a\x1b[2J\nrm -r /"), 0o644); err != nil {
		t.Fatal(err)
	}
	text = s.joust(t, resume...).ends(patience, ExitFailed)
	says(t, text, "(process 0:  ]0;title  [2J rm -r /): wait for it to finish; then joust run --resume")
	if strings.ContainsAny(text, "\x1b\a") {
		t.Errorf("escape codes reach the terminal: %q", text)
	}
}
