package machine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results/files"
)

func lockPath(tmp string) string { return filepath.Join(tmp, "joust-measuring.lock") }

// expect reads a line and checks its beginning.
func expect(t *testing.T, p *child, prefix string) {
	t.Helper()
	if got := p.says(t); !strings.HasPrefix(got, prefix) {
		t.Fatalf("process %d says %q, want %q", p.cmd.Process.Pid, got, prefix)
	}
}

// holding starts a process that holds its lock at once.
func holding(t *testing.T, kind, tmp string) *child {
	t.Helper()
	p := start(t, kind, tmp)
	expect(t, p, "held")
	return p
}

func TestSecondJoustWaits(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	first := holding(t, "lock", tmp)
	second := start(t, "lock", tmp)
	expect(t, second, "waiting for "+first.name())
	first.end()
	expect(t, second, "held")

	third := start(t, "lock", tmp)
	expect(t, third, "waiting for "+second.name())
	if err := second.cmd.Process.Kill(); err != nil { // a crash frees the lock too
		t.Fatal(err)
	}
	expect(t, third, "held")

	info, err := os.Stat(lockPath(tmp))
	if err != nil || info.Mode().Perm() != 0o666 {
		t.Errorf("the lock's mode is %v, %v; other users need 0666", info.Mode(), err)
	}
	third.end()
	if text, err := os.ReadFile(lockPath(tmp)); err != nil || len(text) > 0 {
		t.Errorf("the free lock still names %q, %v", text, err)
	}
}

func TestWaitEndsWithContext(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	holder := holding(t, "lock", tmp)
	ctx, cancel := context.WithCancel(t.Context())
	var waited []string
	_, err := lockIn(ctx, tmp, func(who *files.HeldError) {
		waited = append(waited, who.Owner)
		cancel()
	})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "waiting for "+holder.name()) {
		t.Errorf("error %v, want the end of the wait for %s", err, holder.name())
	}
	if len(waited) != 1 || !strings.HasPrefix(waited[0], holder.name()) {
		t.Errorf("waited for %q", waited)
	}
}

func TestLockNeedsItsFolder(t *testing.T) {
	t.Parallel()
	_, err := lockIn(t.Context(), filepath.Join(t.TempDir(), "none"), nil)
	if err == nil || !strings.Contains(err.Error(), "set TMPDIR") {
		t.Errorf("error %v, want one that names the way out", err)
	}
}
