package machine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results/files"
)

// loadFiles returns the files of the loads in the folder.
func loadFiles(t *testing.T, tmp string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(tmp, loadLocks))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// leaves ends a load, which must name these neighbours.
func leaves(t *testing.T, p *child, neighbours ...*child) {
	t.Helper()
	want := []string{"neighbours"}
	for _, n := range neighbours {
		want = append(want, strconv.Itoa(n.cmd.Process.Pid))
	}
	if err := p.in.Close(); err != nil {
		t.Fatal(err)
	}
	got := strings.Fields(p.says(t))
	slices.Sort(got) // those of one second come in the order of their process IDs
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("process %d says %q, want %q", p.cmd.Process.Pid, got, want)
	}
}

func TestLoadsMeasureTogether(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	alone := holding(t, "share", tmp)
	leaves(t, alone)

	first := holding(t, "share", tmp)
	second := holding(t, "share", tmp)
	leaves(t, second, first)
	third := holding(t, "share anyway", tmp)
	leaves(t, third, first)
	first.end()
	if left := loadFiles(t, tmp); len(left) > 0 {
		t.Errorf("%q remain", left)
	}
}

// A load sees another one that begins later.
func TestLoadSeesALaterOne(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	first := holding(t, "share", tmp)
	second := holding(t, "share", tmp)
	leaves(t, first, second) // the second is still there
}

// A comparison waits for the loads that are there, and later loads wait for it: loads
// that come and go cannot keep it waiting.
func TestComparisonGoesBeforeLaterLoads(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	load := holding(t, "share", tmp)
	comparison := start(t, "lock", tmp)
	expect(t, comparison, "waiting for "+load.name())
	later := start(t, "share", tmp)
	expect(t, later, "waiting for "+comparison.name())
	anyway := holding(t, "share anyway", tmp)
	leaves(t, load, anyway)
	expect(t, comparison, "waiting for "+anyway.name())
	leaves(t, anyway, load, comparison)
	expect(t, comparison, "held")
	comparison.end()
	expect(t, later, "held")
	leaves(t, later)
}

func TestKilledLoadStopsNobody(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	load := holding(t, "share", tmp)
	if err := load.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	load.end()
	if left := loadFiles(t, tmp); len(left) != 1 {
		t.Fatalf("the killed load left %q, want its file", left)
	}
	holding(t, "lock", tmp)
	if left := loadFiles(t, tmp); len(left) > 0 {
		t.Errorf("%q remain", left)
	}
}

func TestWaitForAComparisonEndsWithContext(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	comparison := holding(t, "lock", tmp)
	ctx, cancel := context.WithCancel(t.Context())
	var waited []string
	_, err := takeShareIn(ctx, tmp, false, func(holder *files.HeldError) {
		waited = append(waited, holder.Owner)
		cancel()
	})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "waiting for "+comparison.name()) {
		t.Errorf("error %v, want the end of the wait for %s", err, comparison.name())
	}
	if len(waited) != 1 || !strings.HasPrefix(waited[0], comparison.name()) {
		t.Errorf("waited for %q", waited)
	}
	if left := loadFiles(t, tmp); len(left) > 0 {
		t.Errorf("%q remain", left)
	}
}

// Whatever others put into the shared folder, a load does not touch it, and names
// what it cannot use.
func TestHostileFilesOfLocks(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	precious := filepath.Join(tmp, "precious")
	link := filepath.Join(tmp, "joust-load-1-x.lock")
	if err := errors.Join(os.WriteFile(precious, []byte("text"), 0o644), os.Symlink(precious, link)); err != nil {
		t.Fatal(err)
	}
	s, err := takeShareIn(t.Context(), tmp, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	if neighbours, err := s.Leave(); err != nil || len(neighbours) > 0 {
		t.Errorf("neighbours %v, %v", neighbours, err)
	}
	if err := os.Symlink(precious, lockPath(tmp)); err != nil {
		t.Fatal(err)
	}
	if _, err := takeShareIn(t.Context(), tmp, false, nil); err == nil || !strings.Contains(err.Error(), "remove "+lockPath(tmp)) {
		t.Errorf("error %v, want one that names the way out", err)
	}
	if text, err := os.ReadFile(precious); err != nil || string(text) != "text" {
		t.Errorf("the link's target holds %q, %v", text, err)
	}
	if left := loadFiles(t, tmp); !slices.Equal(left, []string{link}) {
		t.Errorf("%q remain, want the link alone", left)
	}
}
