package journal

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
)

var started = time.Date(2026, 11, 21, 18, 5, 33, 0, time.UTC)

func sampleRun() results.Run {
	return results.Run{
		Schema: results.Schema, ID: NewID(started), State: results.RunRunning, Started: started,
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
	dir := filepath.Join(t.TempDir(), RunsFolder, NewID(started))
	j, err := Create(dir, sampleRun())
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
	run, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestNewID(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("east", 2*3600)
	if got := NewID(time.Date(2026, 11, 21, 20, 5, 33, 9, east)); got != "2026-11-21T18-05-33Z" {
		t.Errorf("NewID = %q", got)
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	dir := create(t, 3)
	want := sampleRun()
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
	j, run, err := Resume(dir)
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
	if _, err := Create(dir, sampleRun()); !errors.Is(err, ErrExists) {
		t.Errorf("Create over a run: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, RunFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(dir, sampleRun()); !errors.Is(err, ErrExists) {
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
	_, err := Create(filepath.Join(blocked, "runs", "x"), sampleRun())
	if err == nil || !strings.Contains(err.Error(), blocked) || !strings.Contains(err.Error(), "--out") {
		t.Errorf("want an error that names %s and the way out, got %v", blocked, err)
	}
}

func TestAppendRefusesWhatJSONCannotHold(t *testing.T) {
	t.Parallel()
	dir := create(t, 1)
	j, _, err := Resume(dir)
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

// Whatever was appended to the file since it was opened stays.
func TestAppendChangesNoLine(t *testing.T) {
	t.Parallel()
	dir := create(t, 1)
	j, _, err := Resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	path := filepath.Join(dir, TrialsFile)
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

// A crash may stop an append after any byte. The trials before it are read,
// and a resumed run goes on as if the torn line had never been begun.
func TestTornAtEveryByte(t *testing.T) {
	t.Parallel()
	dir := create(t, 2)
	path := filepath.Join(dir, TrialsFile)
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
		j, run, err := Resume(dir)
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
	appendBytes(t, filepath.Join(dir, TrialsFile), strings.Repeat("\x00", 500)+"}\n")
	goesOnWithoutTheLastLine(t, dir)
}

// goesOnWithoutTheLastLine resumes a run of one trial and a torn line behind it.
func goesOnWithoutTheLastLine(t *testing.T, dir string) {
	t.Helper()
	j, run, err := Resume(dir)
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

func TestDamageInTheMiddleIsTold(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{
		"no JSON, with a trial after it": "garbage\n{\"index\":9}\n",
		"JSON that is no trial":          "{\"index\":\"nine\"}\n",
	} {
		dir := create(t, 2)
		appendBytes(t, filepath.Join(dir, TrialsFile), bad)
		_, err := Open(dir)
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "line 3") || !strings.Contains(err.Error(), TrialsFile) {
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
		{"empty", "", ErrForeign, "not JSON"},
		{"text", "hello", ErrForeign, "not JSON"},
		{"a list", "[1]", ErrForeign, "no schema"},
		{"no schema", `{"id":"x"}`, ErrForeign, "no schema"},
		{"null", "null", ErrForeign, "no schema"},
		{"a JSON schema", `{"schema":"http://json-schema.org/"}`, ErrForeign, "no schema"},
		{"newer", `{"schema":2,"plan":"in a form of its own"}`, ErrSchema, "newer joust"},
		{"older", `{"schema":0}`, ErrSchema, "older joust"},
		{"other fields", `{"schema":1,"id":7}`, ErrForeign, "id"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, RunFile)
		if err := os.WriteFile(path, []byte(c.content), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Open(dir)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", c.name, err)
		}
		if _, _, err := Resume(dir); !errors.Is(err, c.want) {
			t.Errorf("%s: Resume: %v", c.name, err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("%s: a refused folder was written to: %v, %v", c.name, entries, err)
		}
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrForeign) {
		t.Errorf("an empty folder: %v", err)
	}
}

// A run that was killed before its first trial.
func TestOpenWithoutTrials(t *testing.T) {
	t.Parallel()
	dir := create(t, 0)
	if err := os.Remove(filepath.Join(dir, TrialsFile)); err != nil {
		t.Fatal(err)
	}
	if run := open(t, dir); len(run.Trials) != 0 {
		t.Errorf("%d trials", len(run.Trials))
	}
}

// Whatever is appended comes back in its order, hostile texts included.
func TestAppendedTrialsComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		reasons := rapid.SliceOfN(rapid.String(), 0, 5).Draw(rt, "reasons")
		dir := create(t, 0)
		j, _, err := Resume(dir)
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

func FuzzReadTrials(f *testing.F) {
	f.Add("")
	f.Add("{\"index\":1}\n{\"index\":2")
	f.Add("{\"index\":1}\n\x00\x00\n")
	f.Add("\n\n")
	f.Add("null\n")
	f.Add("{\"loaders\":[{\"connect\":{\"hdr_v2\":\"HISTF\"}}]}\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, outline := range []bool{false, true} {
			trials := 0
			count := func(results.Trial) bool { trials++; return true }
			whole, err := walkLines(strings.NewReader(text), outline, count)
			if err != nil {
				continue
			}
			if whole < 0 || whole > int64(len(text)) || (whole > 0 && text[whole-1] != '\n') {
				t.Fatalf("the whole lines end at byte %d of %q", whole, text)
			}
			// What is kept after a cut reads the same.
			before := trials
			again, err := walkLines(strings.NewReader(text[:whole]), outline, count)
			if err != nil || again != whole || trials != 2*before {
				t.Fatalf("after the cut: %d trials to byte %d, %v; before it %d to %d", trials-before, again, err, before, whole)
			}
		}
	})
}

func FuzzDecodeRun(f *testing.F) {
	f.Add([]byte(`{"schema":1,"id":"x"}`))
	f.Add([]byte(`{"schema":9}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		run, err := decodeRun(b)
		if err == nil && run.Schema != results.Schema {
			t.Fatalf("accepted schema %d", run.Schema)
		}
		if err != nil && !errors.Is(err, ErrForeign) && !errors.Is(err, ErrSchema) {
			t.Fatalf("an error without a kind: %v", err)
		}
	})
}
