package host

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/sample"
	"github.com/joust-bench/joust/loaders/clock"
)

// sleeper starts a process that is none of a host's.
func sleeper(t *testing.T) *exec.Cmd {
	t.Helper()
	c := exec.Command("sleep", "60")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill() // it may have ended
		_ = c.Wait()
	})
	return c
}

func TestAttachedProcessIsSampledAndLeftAlone(t *testing.T) {
	t.Parallel()
	c := sleeper(t)
	h, err := Attach(sample.Tree{Root: c.Process.Pid})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.ResetPeak(); err != nil {
		t.Error(err)
	}
	now := clock.Now()
	u, err := h.Usage(t.Context(), now, now+int64(100*time.Millisecond), 0)
	if err != nil || u.Processes != 1 || u.PeakMemoryBytes == nil {
		t.Errorf("%+v, %v", u, err)
	}
	if memory, err := h.Memory(); err != nil || memory == 0 {
		t.Errorf("%d bytes, %v", memory, err)
	}
	if h.PID() != c.Process.Pid || h.Stdin() != nil || h.Stdout() != nil || h.LogTail(10) != "" {
		t.Errorf("process %d has streams that joust did not make", h.PID())
	}
	if err := errors.Join(h.Stop(t.Context()), h.Stop(t.Context())); err != nil {
		t.Error(err)
	}
	if err := c.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("it was not left alone: %v", err)
	}
}

func TestAttachedProcessEnds(t *testing.T) {
	t.Parallel()
	c := sleeper(t)
	h, err := Attach(sample.Tree{Root: c.Process.Pid})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if got := awaitExit(t, h); got != (Exit{Code: -1}) {
		t.Errorf("%+v", got)
	}
	_ = c.Wait() // killed
	if _, err := Attach(sample.Tree{Root: c.Process.Pid}); err == nil || !strings.Contains(err.Error(), "there is no process") {
		t.Errorf("error %v", err)
	}
}

// TestPeakOfSomebodyElse stands in for a process whose peak may not be reset.
func TestPeakOfSomebodyElse(t *testing.T) {
	t.Parallel()
	h, err := Attach(sample.Tree{Root: sleeper(t).Process.Pid})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Stop(t.Context())
	h.(*attached).noPeak = os.ErrPermission
	now := clock.Now()
	u, err := h.Usage(t.Context(), now, now+int64(20*time.Millisecond), 0)
	if err != nil || u.PeakMemoryBytes != nil || !strings.Contains(strings.Join(u.Warnings, "\n"), "peak memory is not known: permission denied") {
		t.Errorf("%+v, %v", u, err)
	}
}
