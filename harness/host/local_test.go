//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/harness/tree"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/retry"
)

func newLocal(t *testing.T, o LocalOptions) *Local {
	t.Helper()
	o.Keeper = keeperCommand()
	l, err := NewLocal(o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// launch starts the program and stops it at the end of the test.
func launch(t *testing.T, o LocalOptions, p Program) *handle {
	t.Helper()
	if p.Log == "" {
		p.Log = filepath.Join(t.TempDir(), "log")
	}
	p.Name = t.Name()
	h, err := newLocal(t, o).Start(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h.(*handle)
}

func awaitExit(t *testing.T, h Handle) Exit {
	t.Helper()
	select {
	case <-h.Exited():
		return h.Exit()
	case <-time.After(patience):
		t.Fatalf("still running after %v", patience)
		return Exit{}
	}
}

// family returns the keeper of the program and the processes below it.
func family(t *testing.T, h *handle) []tree.Process {
	t.Helper()
	keeper, err := tree.Lookup(h.cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	below, err := tree.Descendants(keeper.PID)
	if err != nil {
		t.Fatal(err)
	}
	return append(below, keeper)
}

// surviving returns the processes that still run.
func surviving(processes []tree.Process) ([]tree.Process, error) {
	var alive []tree.Process
	for _, p := range processes {
		now, err := tree.Lookup(p.PID)
		if errors.Is(err, fs.ErrNotExist) || err == nil && (now.Start != p.Start || now.Ended()) {
			continue
		}
		if err != nil {
			return nil, err
		}
		alive = append(alive, p)
	}
	return alive, nil
}

// stopAndCheck stops the program and asserts that its tree is gone.
func stopAndCheck(t *testing.T, h *handle, all []tree.Process) {
	t.Helper()
	if err := h.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if alive, err := surviving(all); err != nil || len(alive) > 0 {
		t.Errorf("after Stop, %v still run (%v)", alive, err)
	}
	if dir := h.started.Cgroup; dir != "" {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("after Stop, the control group remains: %v", err)
		}
	}
	select {
	case <-h.Exited():
	default:
		t.Error("after Stop, Exited is open")
	}
}

func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("JOUST_REQUIRE") == "all" {
		t.Fatalf("%s is not installed, and JOUST_REQUIRE=all", program)
	}
	t.Skipf("%s is not installed", program)
}

// eachOwnership runs the test with and without control groups.
func eachOwnership(t *testing.T, test func(t *testing.T, o LocalOptions)) {
	t.Run("cgroup", func(t *testing.T) {
		t.Parallel()
		needCgroups(t)
		test(t, LocalOptions{})
	})
	t.Run("descendants", func(t *testing.T) {
		t.Parallel()
		test(t, LocalOptions{NoCgroups: true})
	})
}

func needCgroups(t *testing.T) {
	t.Helper()
	self, err := tree.Self()
	if err != nil {
		t.Fatal(err)
	}
	c, err := tree.MakeCgroup(self.CgroupName("probe" + strconv.FormatInt(time.Now().UnixNano(), 36)))
	if err != nil {
		if os.Getenv("JOUST_REQUIRE") == "all" {
			t.Fatal(err)
		}
		t.Skip("no control groups can be made here: ", err)
	}
	if err := c.End(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestExitIsReported(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		script string
		want   Exit
	}{
		"success": {"exit 0", Exit{}},
		"failure": {"exit 7", Exit{Code: 7}},
		"signal":  {"kill -SEGV $$", Exit{Code: -1, Signal: "SIGSEGV"}},
		"killed":  {"kill -KILL $$", Exit{Code: -1, Signal: "SIGKILL"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := launch(t, LocalOptions{}, Program{Argv: []string{"sh", "-c", "echo last words; " + test.script}})
			if diff := cmp.Diff(test.want, awaitExit(t, h)); diff != "" {
				t.Errorf("exit (-want +got):\n%s", diff)
			}
			if got := h.LogTail(100); got != "last words" {
				t.Errorf("log is %q", got)
			}
		})
	}
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	notRunnable := filepath.Join(dir, "not-runnable")
	if err := os.WriteFile(notRunnable, []byte("no program"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		program Program
		want    string
	}{
		"no command":     {Program{}, "no command is given"},
		"not found":      {Program{Argv: []string{"joust-no-such-program"}}, "install joust-no-such-program or correct the command"},
		"not runnable":   {Program{Argv: []string{notRunnable}}, "permission denied"},
		"no such folder": {Program{Argv: []string{"true"}, Dir: filepath.Join(dir, "none")}, "no such file or directory"},
		"no such CPU":    {Program{Argv: []string{"true"}, CPUs: []int{1000}}, "are all of these CPUs online"},
		"log":            {Program{Argv: []string{"true"}, Log: filepath.Join(dir, "none", "log")}, "creating the log"},
		"pipes":          {Program{Argv: []string{"joust-no-such-program"}, Pipes: true}, "install"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.program.Name = "server-x"
			h, err := newLocal(t, LocalOptions{}).Start(t.Context(), test.program)
			if err == nil {
				t.Fatalf("started: %v", h.Stop(t.Context()))
			}
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "starting server-x") {
				t.Errorf("error %q does not say of server-x: %q", err, test.want)
			}
		})
	}
}

func TestStartHeedsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newLocal(t, LocalOptions{}).Start(ctx, Program{Argv: []string{"true"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

// The keeper here never answers, as one that hangs would not.
func TestStartGivesUpOnSilentKeeper(t *testing.T) {
	t.Parallel()
	l, err := NewLocal(LocalOptions{Keeper: []string{"sh", "-c", "cat >/dev/null"}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := l.Start(ctx, Program{Argv: []string{"true"}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
}

func TestStartReportsABrokenKeeper(t *testing.T) {
	t.Parallel()
	l, err := NewLocal(LocalOptions{Keeper: []string{"sh", "-c", "echo out of order >&2; exit 3"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Start(t.Context(), Program{Argv: []string{"true"}})
	if err == nil || !strings.Contains(err.Error(), "out of order") {
		t.Errorf("error is %v", err)
	}
}

// The tests of package sample prove the sampling; this one proves that a handle
// samples the right processes.
func TestHandleSamplesProgram(t *testing.T) {
	t.Parallel()
	h := launch(t, LocalOptions{}, Program{Argv: []string{"sh", "-c", "while :; do :; done"}})
	if m, err := h.Memory(); err != nil || m == 0 {
		t.Errorf("memory is %d, %v", m, err)
	}
	if err := h.ResetPeak(); err != nil {
		t.Error(err)
	}
	retry.Often(t, func() string {
		t0 := clock.Now()
		u, err := h.Usage(t.Context(), t0, t0+int64(50*time.Millisecond), 10*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if u.CPUNS < int64(time.Millisecond) || u.Processes != 1 {
			return fmt.Sprintf("a busy shell used %v in %d processes", time.Duration(u.CPUNS), u.Processes)
		}
		return ""
	})
}
