package journal_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/journal"
)

var started = time.Date(2026, 11, 21, 18, 5, 33, 0, time.UTC)

func sampleRun() results.Run {
	return results.Run{
		Schema: results.Schema, ID: journal.NewID(started), State: results.RunRunning, Started: started,
		Joust: results.Build{Version: "1", Go: "go1.26"},
		Plan:  results.Plan{Name: "quick", Seed: 42},
	}
}

func sampleTrial(i int) results.Trial {
	rps := 1e5 + float64(i)
	return results.Trial{
		Index: i, Block: i/2 + 1, Kind: results.TrialMeasured, Server: "gin", Scenario: "hello",
		Protocol: "h1", Repetition: i + 1, Started: started, State: results.TrialOK,
		Phases: []results.TrialPhase{{Name: "closed", Verdict: results.Verdict{Valid: true, UpperRPS: &rps}}},
	}
}

// create makes a run with n trials and returns its folder.
func create(t testing.TB, n int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), journal.RunsFolder, journal.NewID(started))
	j, err := journal.Create(dir, sampleRun())
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := j.Append(sampleTrial(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func open(t testing.TB, dir string) results.Run {
	t.Helper()
	run, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestNewID(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("east", 2*3600)
	if got := journal.NewID(time.Date(2026, 11, 21, 20, 5, 33, 9, east)); got != "2026-11-21T18-05-33Z" {
		t.Errorf("NewID = %q", got)
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	dir := create(t, 3)
	want := sampleRun()
	want.State = results.RunInterrupted // it was closed before it was complete
	want.Trials = []results.Trial{sampleTrial(0), sampleTrial(1), sampleTrial(2)}
	if diff := cmp.Diff(want, open(t, dir)); diff != "" {
		t.Errorf("the run came back changed (-want +got):\n%s", diff)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("the folder holds %v, %v; want the two files alone", entries, err)
	}
}

func TestUpdateRunReplacesTheRun(t *testing.T) {
	t.Parallel()
	dir := create(t, 1)
	j, run, err := journal.Resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	run.State = results.RunComplete
	if err := j.UpdateRun(run); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if got := open(t, dir); got.State != results.RunComplete || len(got.Trials) != 1 {
		t.Errorf("state %s with %d trials", got.State, len(got.Trials))
	}
}

func TestCreateRefusesAFolderInUse(t *testing.T) {
	t.Parallel()
	dir := create(t, 1)
	if _, err := journal.Create(dir, sampleRun()); !errors.Is(err, journal.ErrExists) {
		t.Errorf("Create over a run: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, journal.RunFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Create(dir, sampleRun()); !errors.Is(err, journal.ErrExists) {
		t.Errorf("Create over trials without their run: %v", err)
	}
}

func TestCreateInAnUnwritablePlace(t *testing.T) {
	t.Parallel()
	// A file where a folder should be: refused to root as well.
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := journal.Create(filepath.Join(blocked, "runs", "x"), sampleRun())
	if err == nil || !strings.Contains(err.Error(), blocked) || !strings.Contains(err.Error(), "--out") {
		t.Errorf("want an error that names %s and the way out, got %v", blocked, err)
	}
}

func TestAppendRefusesWhatJSONCannotHold(t *testing.T) {
	t.Parallel()
	dir := create(t, 1)
	j, _, err := journal.Resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	bad, nan := sampleTrial(1), math.NaN()
	bad.Phases[0].Verdict.UpperRPS = &nan
	if err := j.Append(bad); err == nil {
		t.Error("a trial with NaN was written")
	}
	if err := j.Append(sampleTrial(1)); err != nil {
		t.Errorf("the journal is stuck after a trial that it refused: %v", err)
	}
	if got := len(open(t, dir).Trials); got != 2 {
		t.Errorf("%d trials, want 2", got)
	}
}

// Lines that another process appended since the file was opened stay.
func TestAppendChangesNoLine(t *testing.T) {
	t.Parallel()
	dir := create(t, 1)
	j, _, err := journal.Resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	path := filepath.Join(dir, journal.TrialsFile)
	line, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	appendBytes(t, path, string(line))
	if err := j.Append(sampleTrial(1)); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(after), string(line)+string(line)) {
		t.Errorf("an append wrote over a line: %v\n%s", err, after)
	}
	if got := len(open(t, dir).Trials); got != 3 {
		t.Errorf("%d trials, want 3", got)
	}
}

// A crash may stop an append after any byte. Readers find the trials before it,
// and a resumed run goes on after them.
func TestTornAtEveryByte(t *testing.T) {
	t.Parallel()
	dir := create(t, 2)
	path := filepath.Join(dir, journal.TrialsFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first := strings.IndexByte(string(whole), '\n') + 1
	for cut := first; cut <= len(whole); cut++ {
		if err := os.WriteFile(path, whole[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		want := 1
		if cut == len(whole) {
			want = 2
		}
		if got := len(open(t, dir).Trials); got != want {
			t.Fatalf("cut at byte %d of %d: %d trials, want %d", cut, len(whole), got, want)
		}
		j, run, err := journal.Resume(dir)
		if err != nil {
			t.Fatalf("cut at byte %d: %v", cut, err)
		}
		if err := j.Append(sampleTrial(len(run.Trials))); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if got := open(t, dir).Trials; len(got) != want+1 || got[want].Index != want {
			t.Fatalf("cut at byte %d: %d trials after the resumed append, want %d", cut, len(got), want+1)
		}
	}
}

// A file system may lose the middle of the last line and keep its end.
func TestLastLineOfZeros(t *testing.T) {
	t.Parallel()
	dir := create(t, 1)
	appendBytes(t, filepath.Join(dir, journal.TrialsFile), strings.Repeat("\x00", 500)+"}\n")
	goesOnWithoutTheLastLine(t, dir)
}

// goesOnWithoutTheLastLine resumes a run of one trial with a torn line behind it.
func goesOnWithoutTheLastLine(t *testing.T, dir string) {
	t.Helper()
	j, run, err := journal.Resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if err := j.Append(sampleTrial(1)); err != nil {
		t.Fatal(err)
	}
	if len(run.Trials) != 1 || len(open(t, dir).Trials) != 2 {
		t.Error("the torn last line was not dropped")
	}
}

func TestDamageInTheMiddleIsReported(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{
		"no JSON, with a trial after it": "garbage\n{\"index\":9}\n",
		"JSON that is no trial":          "{\"index\":\"nine\"}\n",
	} {
		dir := create(t, 2)
		appendBytes(t, filepath.Join(dir, journal.TrialsFile), bad)
		_, err := journal.Open(dir)
		if !errors.Is(err, journal.ErrDamaged) || !strings.Contains(err.Error(), "line 3") || !strings.Contains(err.Error(), journal.TrialsFile) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func appendBytes(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefusesForeignFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, content string
		want          error
		says          string
	}{
		{"empty", "", journal.ErrForeign, "not JSON"},
		{"text", "hello", journal.ErrForeign, "not JSON"},
		{"a list", "[1]", journal.ErrForeign, "no schema"},
		{"no schema", `{"id":"x"}`, journal.ErrForeign, "no schema"},
		{"null", "null", journal.ErrForeign, "no schema"},
		{"a JSON schema", `{"schema":"http://json-schema.org/"}`, journal.ErrForeign, "no schema"},
		{"newer", `{"schema":2,"plan":"in a form of its own"}`, journal.ErrSchema, "newer joust"},
		{"older", `{"schema":0}`, journal.ErrSchema, "older joust"},
		{"other fields", `{"schema":1,"id":7}`, journal.ErrForeign, "id"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, journal.RunFile)
		if err := os.WriteFile(path, []byte(c.content), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := journal.Open(dir)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", c.name, err)
		}
		if _, _, err := journal.Resume(dir); !errors.Is(err, c.want) {
			t.Errorf("%s: Resume: %v", c.name, err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("%s: a refused folder was written to: %v, %v", c.name, entries, err)
		}
	}
	if _, err := journal.Open(t.TempDir()); !errors.Is(err, journal.ErrForeign) {
		t.Errorf("an empty folder: %v", err)
	}
}

// Trials yields what Open reads, up to where the reader stops or a line is damaged.
func TestTrialsOneAfterTheOther(t *testing.T) {
	t.Parallel()
	const n = 20
	whole := create(t, n)
	damaged := create(t, n)
	appendBytes(t, filepath.Join(damaged, journal.TrialsFile), "{\n{}\n")
	for _, c := range []struct {
		dir  string
		stop int
		err  error
	}{{whole, n, nil}, {whole, 3, nil}, {damaged, n + 1, journal.ErrDamaged}} {
		var got []results.Trial
		var failed error
		for trial, err := range journal.Trials(c.dir) {
			if failed = err; err == nil {
				got = append(got, trial)
			}
			if len(got) == c.stop {
				break
			}
		}
		if !errors.Is(failed, c.err) {
			t.Errorf("stop at %d: %v, want %v", c.stop, failed, c.err)
		}
		if diff := cmp.Diff(open(t, whole).Trials[:min(c.stop, n)], got); diff != "" {
			t.Errorf("stop at %d (-want +got)\n%s", c.stop, diff)
		}
	}
}

// A run that was killed before its first trial.
func TestOpenWithoutTrials(t *testing.T) {
	t.Parallel()
	dir := create(t, 0)
	if err := os.Remove(filepath.Join(dir, journal.TrialsFile)); err != nil {
		t.Fatal(err)
	}
	if run := open(t, dir); len(run.Trials) != 0 {
		t.Errorf("%d trials", len(run.Trials))
	}
}

// Appended trials come back in their order, hostile texts included.
func TestAppendedTrialsComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		reasons := rapid.SliceOfN(rapid.String(), 0, 5).Draw(rt, "reasons")
		dir := create(t, 0)
		j, _, err := journal.Resume(dir)
		if err != nil {
			rt.Fatal(err)
		}
		for i, reason := range reasons {
			trial := sampleTrial(i)
			trial.Reason = reason
			if err := j.Append(trial); err != nil {
				rt.Fatal(err)
			}
		}
		if err := j.Close(); err != nil {
			rt.Fatal(err)
		}
		got := open(t, dir).Trials
		if len(got) != len(reasons) {
			rt.Fatalf("%d trials, want %d", len(got), len(reasons))
		}
		for i := range got {
			if got[i].Reason != reasons[i] {
				rt.Fatalf("trial %d came back as %q, want %q", i, got[i].Reason, reasons[i])
			}
		}
	})
}
