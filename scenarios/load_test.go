package scenarios_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/scenarios"
)

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// parse reads a catalogue of one file.
func parse(name string, data []byte) (scenarios.Rows, error) {
	return scenarios.LoadFS(fstest.MapFS{name: {Data: data}}, "*.yaml")
}

func corpus(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus %s (%v)", pattern, err)
	}
	return files
}

func TestGoodFiles(t *testing.T) {
	t.Parallel()
	for _, path := range corpus(t, "*.good.yaml") {
		rows, err := parse(filepath.Base(path), read(t, path))
		if err != nil {
			t.Errorf("%v", err)
		}
		if len(rows) == 0 {
			t.Errorf("%s: no rows", path)
		}
	}
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	for _, path := range corpus(t, "*.bad.yaml") {
		rows, err := parse(filepath.Base(path), read(t, path))
		if err == nil {
			t.Errorf("%s: accepted", path)
			continue
		}
		if rows != nil {
			t.Errorf("%s: rows beside the error", path)
		}
		golden.Hold(t, strings.TrimSuffix(path, ".yaml")+".txt", err.Error()+"\n")
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	rows, err := parse("minimal.good.yaml", read(t, "testdata/minimal.good.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := scenarios.Rows{{
		Name: "minimal", Title: "the least that a row needs", Family: "minimal.good",
		Protocols: []scenarios.Protocol{scenarios.H1}, Modes: []scenarios.Mode{scenarios.Closed},
		Depth: 1, Unit: scenarios.Requests, RankBy: scenarios.ByThroughput,
		Connection: scenarios.Connection{CloseWith: scenarios.FIN}, Rotation: scenarios.PerRequest,
		Requests: []scenarios.Request{{Name: "minimal", Method: "GET", Path: "/", Expect: scenarios.Expect{Status: 200}}},
	}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWeightsDefaultToOneInWeightedRotation(t *testing.T) {
	t.Parallel()
	rows, err := parse("x.yaml", read(t, "testdata/everything.good.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	got := []int{rows[0].Requests[0].Weight, rows[0].Requests[1].Weight, rows[1].Requests[0].Weight}
	if diff := cmp.Diff([]int{3, 1, 0}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestProblemsOfAllFilesComeAtOnce(t *testing.T) {
	t.Parallel()
	minimal := read(t, "testdata/minimal.good.yaml")
	fsys := fstest.MapFS{
		"a.yaml":      {Data: minimal},
		"b.yaml":      {Data: minimal},
		"c.yaml":      {Data: []byte("scenarios: []\n")},
		"ignored.txt": {Data: []byte("not YAML: [")},
	}
	_, err := scenarios.LoadFS(fsys, "*.yaml")
	if err == nil {
		t.Fatal("accepted")
	}
	want := "b.yaml:2: scenario minimal is there already, at a.yaml:2\n" +
		"c.yaml:1: no scenarios: the file needs a list under the key scenarios"
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err := scenarios.LoadFS(fstest.MapFS{}, "*.yaml"); err == nil {
		t.Error("an empty catalogue was accepted")
	}
}

func TestTableKeepsCatalogueOrder(t *testing.T) {
	t.Parallel()
	table, err := scenarios.LoadFS(fstest.MapFS{
		"b.yaml": {Data: read(t, "testdata/minimal.good.yaml")},
		"a.yaml": {Data: read(t, "testdata/everything.good.yaml")},
	}, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	names := table.Names()
	if names[0] != "mixed_workload" || names[len(names)-1] != "minimal" {
		t.Errorf("order: %q", names)
	}
	for i, s := range table {
		found, err := table.Find(s.Name)
		if err != nil || found.Name != names[i] {
			t.Errorf("Find(%q): %v, %v", s.Name, found, err)
		}
	}
	_, err = table.Find("mixed_workloads")
	if want := `unknown scenario "mixed_workloads", did you mean "mixed_workload"?`; err == nil || err.Error() != want {
		t.Errorf("Find: %v, want %s", err, want)
	}
}

// FuzzParse checks that no input panics or hangs, that accepted rows are valid, and
// that errors name a place.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"*.good.yaml", "*.bad.yaml"} {
		files, err := filepath.Glob(filepath.Join("testdata", pattern))
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range files {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := parse("fuzz.yaml", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz.yaml:") {
				t.Fatalf("no place in %q", err)
			}
			return
		}
		for i := range rows {
			if faults := rows[i].Validate(); len(faults) > 0 {
				t.Fatalf("accepted, and yet %v", faults)
			}
		}
	})
}
