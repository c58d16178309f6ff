package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/results/journal"
)

// outputFolder makes an output folder with three good runs, one of another
// schema and one folder that is no run.
func outputFolder(t *testing.T) string {
	t.Helper()
	out := t.TempDir()
	for i, day := range []int{20, 22, 21} {
		run := sampleRun()
		run.Started = time.Date(2026, 11, day, 9, 0, 0, 0, time.UTC)
		run.ID = journal.NewID(run.Started)
		j, err := journal.Create(filepath.Join(out, journal.RunsFolder, run.ID), run)
		if err != nil {
			t.Fatal(err)
		}
		for n := range i {
			if err := j.Append(sampleTrial(n)); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(out, journal.RunsFolder, "2026-11-30T00-00-00Z", journal.RunFile), `{"schema":99}`)
	write(t, filepath.Join(out, journal.RunsFolder, "notes", "readme"), "no run")
	return out
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	list, err := journal.List(outputFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range list {
		got = append(got, s.ID)
	}
	want := "2026-11-22T09-00-00Z 2026-11-21T09-00-00Z 2026-11-20T09-00-00Z 2026-11-30T00-00-00Z"
	if strings.Join(got, " ") != want {
		t.Errorf("List = %v, want %s", got, want)
	}
	if list[0].Trials != 1 || list[1].Trials != 2 || list[0].Plan != "quick" || list[0].Problem != "" {
		t.Errorf("summaries: %+v", list)
	}
	if !strings.Contains(list[3].Problem, "newer joust") {
		t.Errorf("the run of another schema: %+v", list[3])
	}
	if list, err := journal.List(filepath.Join(t.TempDir(), "nowhere")); err != nil || len(list) != 0 {
		t.Errorf("List of nothing = %v, %v", list, err)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	out := outputFolder(t)
	in := func(id string) string { return filepath.Join(out, journal.RunsFolder, id) }
	for name, want := range map[string]string{
		"latest":                         in("2026-11-22T09-00-00Z"),
		"2026-11-20T09-00-00Z":           in("2026-11-20T09-00-00Z"),
		"2026-11-21":                     in("2026-11-21T09-00-00Z"),
		"2026-11-30":                     in("2026-11-30T00-00-00Z"),
		in("2026-11-20T09-00-00Z"):       in("2026-11-20T09-00-00Z"),
		in("2026-11-20T09-00-00Z") + "/": in("2026-11-20T09-00-00Z"),
		filepath.Join(in("2026-11-20T09-00-00Z"), "run.json"): in("2026-11-20T09-00-00Z"),
	} {
		if got, err := journal.Find(out, name); err != nil || got != want {
			t.Errorf("Find(%q) = %q, %v; want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"2026-11-2", "2025", "", "notes"} {
		dir, err := journal.Find(out, name)
		if !errors.Is(err, journal.ErrNotFound) || dir != "" {
			t.Errorf("Find(%q) = %q, %v", name, dir, err)
		}
		if name != "" && !strings.Contains(err.Error(), "2026-11-21T09-00-00Z") {
			t.Errorf("Find(%q) does not name the runs that there are: %v", name, err)
		}
	}
	if _, err := journal.Find(t.TempDir(), "latest"); !errors.Is(err, journal.ErrNotFound) || !strings.Contains(err.Error(), "joust run") {
		t.Errorf("Find in an empty folder: %v", err)
	}
}
