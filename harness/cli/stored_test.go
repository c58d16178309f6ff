package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results/journal"
	"github.com/joust-bench/joust/results/journal/journaltest"
)

// rendered returns the files that joust report writes for the run in dir, by
// name, together with its output.
func rendered(t *testing.T, dir string) map[string]string {
	t.Helper()
	c, out, errs := command(t, t.TempDir(), "report", dir)
	if err := c.Run(); err != nil {
		t.Fatalf("%v:\n%s%s", err, out, errs)
	}
	texts := map[string]string{"stdout": strings.ReplaceAll(out.String(), dir, "DIR")}
	for _, name := range []string{benchFile, openLoopFile} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	return texts
}

// trialsSize is the size of the run's trials in bytes.
func trialsSize(t *testing.T, dir string) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, journal.TrialsFile))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// A run of an older joust, whose journal left nothing out of a trial, is still
// rendered, and the same run in today's form says the same.
func TestJournalLeavesOutNothingThatIsPrinted(t *testing.T) {
	t.Parallel()
	full := filepath.Join(checkout, "results/journal/testdata/full")
	run, err := journal.Open(full)
	if err != nil {
		t.Fatal(err)
	}
	old := t.TempDir()
	if err := os.CopyFS(old, os.DirFS(full)); err != nil {
		t.Fatal(err)
	}
	today := journaltest.Grow(t, full, len(run.Trials))
	was, is := rendered(t, old), rendered(t, today)
	if diff := cmp.Diff(was, is); diff != "" {
		t.Errorf("the run as it is written today says something else (-full +today):\n%s", diff)
	}
	if fat, lean := trialsSize(t, old), trialsSize(t, today); 3*lean > 2*fat {
		t.Errorf("the trials take %d bytes, and took %d", lean, fat)
	}
	for _, s := range run.Servers {
		row := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(s.Name) + ` .*\d`)
		for _, file := range []string{benchFile, openLoopFile} {
			if !row.MatchString(is[file]) {
				t.Errorf("%s has no row of numbers of %s:\n%s", file, s.Name, is[file])
			}
		}
	}
}

// A stored run is rendered with the reader's own percentiles, which stay out of the
// run.
func TestReportWithOwnPercentiles(t *testing.T) {
	t.Parallel()
	full := filepath.Join(checkout, "results/journal/testdata/full")
	run, err := journal.Open(full)
	if err != nil {
		t.Fatal(err)
	}
	dir := journaltest.Grow(t, full, len(run.Trials))
	for _, tt := range []struct {
		percentiles string
		code        int
		says, has   string
	}{
		{"33, 92.5", 0, "wrote", "p33, "},
		{"33,92.5", 0, "wrote", "p90, µs | p92.5, µs | p95, µs"},
		{"max,101,50", 2, "--percentiles: \"101\" is beyond 100 percent", ""},
	} {
		var out bytes.Buffer
		if code := Run([]string{"--out", t.TempDir(), "report", dir, "--percentiles", tt.percentiles}, strings.NewReader(""), &out, &out); code != tt.code || !strings.Contains(out.String(), tt.says) {
			t.Errorf("--percentiles %s: exit code %d: %s", tt.percentiles, code, out.String())
		}
		text, err := os.ReadFile(filepath.Join(dir, openLoopFile))
		if err != nil || !strings.Contains(string(text), tt.has) {
			t.Errorf("--percentiles %s: no %q in the tables (%v):\n%.3000s", tt.percentiles, tt.has, err, text)
		}
	}
	if again, err := journal.Open(dir); err != nil || len(again.Plan.Percentiles) > 0 {
		t.Errorf("the stored plan has the percentiles %v (%v)", again.Plan.Percentiles, err)
	}
}
