package journal_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/files"
	"github.com/joust-bench/joust/results/journal"
)

func TestARunHasOneOwner(t *testing.T) {
	t.Parallel()
	dir := create(t, 2)
	owner, _, err := journal.Resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	torn := `{"index":2,"torn`
	appendBytes(t, filepath.Join(dir, journal.TrialsFile), torn)
	_, _, err = journal.Resume(dir)
	var held *files.HeldError
	if !errors.As(err, &held) || held.PID != os.Getpid() || !strings.Contains(err.Error(), dir) {
		t.Errorf("a second Resume: %v", err)
	}
	if _, err := journal.Create(dir, sampleRun()); !errors.Is(err, journal.ErrExists) {
		t.Errorf("Create in an owned folder: %v", err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, journal.TrialsFile)); err != nil || !strings.HasSuffix(string(text), torn) {
		t.Errorf("a refused owner changed the journal: it ends in %q, %v", text[max(0, len(text)-20):], err)
	}
	if got := open(t, dir); len(got.Trials) != 2 {
		t.Errorf("a reader of an owned run finds %d trials, want 2", len(got.Trials))
	}
	if err := owner.Close(); err != nil {
		t.Fatal(err)
	}
	next, run, err := journal.Resume(dir)
	if err != nil || len(run.Trials) != 2 {
		t.Fatalf("after Close: %d trials, %v", len(run.Trials), err)
	}
	if err := next.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Join(dir, journal.LockFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Close left the lock file: %v", err)
	}
}

// Runs that begin in the same second have the same ID.
func TestOneOfManyCreates(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), journal.RunsFolder, journal.NewID(started))
	var mu sync.Mutex
	var all sync.WaitGroup
	var made []*journal.Journal
	for range 8 {
		all.Go(func() {
			j, err := journal.Create(dir, sampleRun())
			if errors.Is(err, journal.ErrExists) {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			made = append(made, j)
		})
	}
	all.Wait()
	if len(made) != 1 {
		t.Errorf("%d runs were made in one folder", len(made))
	}
	for _, j := range made {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A run that is stored as running goes on for as long as a process owns its folder.
func TestAKilledRunWasInterrupted(t *testing.T) {
	t.Parallel()
	dir := create(t, 1)
	j, resumed, err := journal.Resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	resumed.State, resumed.Trials = results.RunRunning, nil
	if err := j.UpdateRun(resumed); err != nil {
		t.Fatal(err)
	}
	states := func() []results.RunState {
		list, err := journal.List(filepath.Dir(filepath.Dir(dir)))
		if err != nil || len(list) != 1 {
			t.Fatalf("listed %v, %v", list, err)
		}
		header, err := journal.Header(dir)
		if err != nil {
			t.Fatal(err)
		}
		return []results.RunState{list[0].State, header.State, open(t, dir).State}
	}
	for _, got := range states() {
		if got != results.RunRunning {
			t.Errorf("while it is owned: %s", got)
		}
	}
	if err := j.Close(); err != nil { // as kill -9 leaves run.json
		t.Fatal(err)
	}
	for _, got := range states() {
		if got != results.RunInterrupted {
			t.Errorf("while nobody owns it: %s", got)
		}
	}
	j, again, err := journal.Resume(dir)
	if err != nil || again.State != results.RunInterrupted {
		t.Fatalf("resumed: %s, %v", again.State, err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}
