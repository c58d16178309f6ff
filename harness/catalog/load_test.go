package catalog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// table returns the rows that these tests know.
func table(t testing.TB) scenarios.Rows {
	t.Helper()
	all, err := scenarios.Load()
	if err != nil {
		t.Fatal(err)
	}
	// A new row of the table changes nothing in these tests.
	names := []string{"hello", "json", "echo", "headers_heavy", "large_response", "multi_request_body", "upload_20mb", "pipelined_h1"}
	return slices.DeleteFunc(all, func(row scenarios.Scenario) bool { return !slices.Contains(names, row.Name) })
}

func mustLoad(t *testing.T, dirs ...string) *Servers {
	t.Helper()
	servers, err := Load(table(t), dirs...)
	if err != nil {
		t.Fatal(err)
	}
	return servers
}

func mustFind(t *testing.T, s *Servers, name string) Manifest {
	t.Helper()
	m, err := s.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return *m
}

func TestGoodManifests(t *testing.T) {
	t.Parallel()
	servers := mustLoad(t, "testdata/good")
	if diff := cmp.Diff([]string{"built", "built-hard", "built-soft", "contained", "full.1-x", "minimal", "running"}, servers.Names()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	minimal := mustFind(t, servers, "minimal")
	dir, err := filepath.Abs("testdata/good/minimal")
	if err != nil {
		t.Fatal(err)
	}
	want := Manifest{
		Name: "minimal", Dir: dir, Title: "Minimal", Language: "C", Command: []string{"sh"},
		Protocols: []string{"h1"}, Scenarios: []string{"hello"},
		StartTimeout: 10 * time.Second, StopTimeout: time.Second, WarmupCap: 2 * time.Second,
	}
	if diff := cmp.Diff(want, minimal); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	full := mustFind(t, servers, "full.1-x")
	if full.StartTimeout != 20*time.Second || full.StopTimeout != 500*time.Millisecond || full.WarmupCap != time.Minute {
		t.Errorf("durations: %v %v %v", full.StartTimeout, full.StopTimeout, full.WarmupCap)
	}
}

// TestBadManifests compares every message about every bad manifest. All come from
// one Load.
func TestBadManifests(t *testing.T) {
	t.Parallel()
	got := ""
	for _, b := range mustLoad(t, "testdata/bad").Broken() {
		var problems strictyaml.Problems
		if !errors.As(b.Err, &problems) {
			t.Fatalf("%s: not a list of problems: %v", b.Name, b.Err)
		}
		got += b.Err.Error() + "\n"
	}
	golden.Hold(t, "testdata/bad.txt", got)
	folders, err := os.ReadDir("testdata/bad")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if !strings.Contains(got, filepath.Join("testdata/bad", f.Name())+"/") {
			t.Errorf("nothing is said of %s", f.Name())
		}
	}
}

// A broken server is named with its mistakes; the others are there.
func TestBrokenServerLeavesTheOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "minimal"), os.DirFS("testdata/good/minimal")); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(dir, "broken", ManifestName)
	write(t, broken, "title: [\n")
	if err := os.MkdirAll(filepath.Join(dir, "folder", ManifestName), 0o755); err != nil {
		t.Fatal(err)
	}
	servers := mustLoad(t, dir)
	if diff := cmp.Diff([]string{"minimal"}, servers.Names()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for name, want := range map[string]string{
		"broken": "server broken is broken: " + broken + ":1: ",
		"folder": "server folder is broken: read the manifest: ",
	} {
		if _, err := servers.Find(name); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	if got := servers.Broken(); len(got) != 2 || got[0].Name != "broken" || got[1].Name != "folder" {
		t.Errorf("broken are %v", got)
	}
}

func TestFindNamesTheNearestServer(t *testing.T) {
	t.Parallel()
	_, err := mustLoad(t, "testdata/good").Find("minimel")
	if want := `unknown server "minimel", did you mean "minimal"?`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestSeveralServersDirs(t *testing.T) {
	t.Parallel()
	other := t.TempDir()
	if err := os.CopyFS(filepath.Join(other, "minimal"), os.DirFS("testdata/good/minimal")); err != nil {
		t.Fatal(err)
	}
	both := mustLoad(t, "testdata/good", other)
	if _, err := both.Find("minimal"); err == nil || !strings.HasSuffix(err.Error(), "/testdata/good/minimal and "+other+"/minimal have the same name; rename one of them") {
		t.Errorf("twice the same name: %v", err)
	}
	if diff := cmp.Diff([]string{"built", "built-hard", "built-soft", "contained", "full.1-x", "running"}, both.Names()); diff != "" {
		t.Errorf("the others (-want +got)\n%s", diff)
	}
	// The same folder by two names is one folder.
	again := filepath.Join(t.TempDir(), "again")
	if err := os.Symlink(other, again); err != nil {
		t.Fatal(err)
	}
	if got := mustLoad(t, other, again).Names(); !cmp.Equal(got, []string{"minimal"}) {
		t.Errorf("the same folder twice: %q", got)
	}
}

func TestFolderOfOneServer(t *testing.T) {
	t.Parallel()
	for _, dirs := range [][]string{
		{"testdata/good/minimal"},
		{"testdata/good/minimal", "testdata/good/../good/minimal/"},
	} {
		if got := mustLoad(t, dirs...).Names(); !cmp.Equal(got, []string{"minimal"}) {
			t.Errorf("Load(%q): %q", dirs, got)
		}
	}
	all := mustLoad(t, "testdata/good").Names()
	if got := mustLoad(t, "testdata/good", "testdata/good/minimal").Names(); !cmp.Equal(got, all) {
		t.Errorf("a server of a folder by its own path: %q, want %q", got, all)
	}
}

func TestFoldersWithoutServers(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string]string{
		"testdata/nowhere":      "there is no folder testdata/nowhere; the folder of a server holds its server.yaml",
		"testdata/tiny/fixture": "no servers in testdata/tiny/fixture",
	} {
		if _, err := Load(table(t), dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load(%s): %v, want %s", dir, err, want)
		}
	}
}

// TestServersOfTheCheckoutLoad is the field itself.
func TestServersOfTheCheckoutLoad(t *testing.T) {
	t.Parallel()
	dir, err := FindServersDir(".")
	if err != nil {
		t.Fatal(err)
	}
	servers, rows := loadField(t, dir)
	for _, b := range servers.Broken() {
		t.Error(b.Err)
	}
	for _, name := range []string{"nethttp", "fasthttp", "gin", "echo", "chi", "fiber", "nginx", "node", "python"} {
		mustFind(t, servers, name)
	}
	for _, m := range servers.All() {
		for _, fault := range strangersMiss(&m, rows) {
			t.Errorf("%s: %s", m.Name, fault)
		}
		launch := Launch{Host: "127.0.0.1", Port: 8080, CPUs: 2, Dir: t.TempDir(), Protocol: "h1", Data: "/data"}
		if Available(m) != nil || len(m.Command) > 0 && strings.Contains(m.Command[0], "{{.Built}}") {
			continue
		}
		if _, err := Resolve(m, launch, "/bin/true"); err != nil {
			t.Error(err)
		}
	}
}

// loadField loads the servers of the repository, which claim rows of the whole table.
func loadField(t *testing.T, dir string) (*Servers, scenarios.Rows) {
	t.Helper()
	rows, err := scenarios.Load()
	if err != nil {
		t.Fatal(err)
	}
	servers, err := Load(rows, dir)
	if err != nil {
		t.Fatal(err)
	}
	return servers, rows
}

// strangersMiss returns what the manifest of a server in the repository must say, and
// does not.
func strangersMiss(m *Manifest, rows scenarios.Rows) (faults []string) {
	for _, row := range rows.Names() {
		if !slices.Contains(m.Scenarios, row) && m.Unsupported[row] == "" {
			faults = append(faults, "it neither answers "+row+" nor gives a reason under unsupported")
		}
	}
	for key, value := range map[string]string{"language": m.Language, "homepage": m.Homepage, "setup": m.Setup} {
		if value == "" {
			faults = append(faults, key+" is missing")
		}
	}
	if len(m.Version) == 0 {
		faults = append(faults, "there is no version probe: nobody could say what was measured")
	}
	for _, n := range m.allNeeds() {
		if n.Package == "" && n.Hint == "" && n.Program != "sh" { // which every system has
			faults = append(faults, "no need names the package of "+n.Program)
		}
	}
	for row, reason := range m.Unsupported {
		if len(strings.Fields(reason)) < 4 {
			faults = append(faults, fmt.Sprintf("unsupported.%s: the reason %q is not in plain words", row, reason))
		}
	}
	return faults
}

func TestFindServersDir(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, filepath.Join(root, "go.mod"), "module github.com/joust-bench/joust\n")
	deep := filepath.Join(root, "servers", "nethttp")
	// The servers have a module of their own, which is not the checkout's.
	write(t, filepath.Join(root, "servers", "go.mod"), "module github.com/joust-bench/joust/servers\n")
	write(t, filepath.Join(deep, "main.go"), "package main\n")
	for _, start := range []string{root, filepath.Join(root, "servers"), deep} {
		got, err := FindServersDir(start)
		if err != nil || got != filepath.Join(root, "servers") {
			t.Errorf("from %s: %s, %v", start, got, err)
		}
	}
	if _, err := FindServersDir(t.TempDir()); !errors.Is(err, ErrNoCheckout) {
		t.Errorf("outside a checkout: %v", err)
	}
	bare := t.TempDir()
	write(t, filepath.Join(bare, "go.mod"), "module github.com/joust-bench/joust\n")
	if _, err := FindServersDir(bare); err == nil || !strings.Contains(err.Error(), "has no folder servers") {
		t.Errorf("a checkout without servers: %v", err)
	}
}

// write makes a file and the folders above it.
func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// FuzzManifest holds that no input panics, and that every message has a place.
func FuzzManifest(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*/server.yaml", "testdata/bad/*/server.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("no corpus %s (%v)", pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	rows, dir := table(f), f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		m, problems := parseManifest("server.yaml", filepath.Join(dir, "fuzz"), data, rows)
		for _, p := range problems {
			if p.File == "" || p.Message == "" {
				t.Fatalf("no place or no message: %+v", p)
			}
		}
		if len(problems) == 0 && (len(m.Scenarios) == 0 || m.StartTimeout <= 0) {
			t.Fatalf("accepted: %+v", m)
		}
	})
}

// TestReadmeExamples loads the first server.yaml of each README, which a newcomer
// copies.
func TestReadmeExamples(t *testing.T) {
	t.Parallel()
	for _, readme := range []string{"../../README.md", "../../servers/README.md"} {
		text, err := os.ReadFile(readme)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), "```yaml\ntitle: ")
		example, _, found := strings.Cut(rest, "```")
		if !found {
			t.Fatalf("%s shows no server.yaml", readme)
		}
		if n := strings.Count(example, "\n"); n != 5 {
			t.Errorf("%s promises five lines and shows %d", readme, n)
		}
		dir := t.TempDir()
		file := filepath.Join(dir, "my-folder", "server.yaml")
		if err := errors.Join(os.Mkdir(filepath.Dir(file), 0o755), os.WriteFile(file, []byte("title: "+example), 0o644)); err != nil {
			t.Fatal(err)
		}
		if broken := mustLoad(t, dir).Broken(); len(broken) > 0 {
			t.Errorf("%s: %v", readme, broken[0].Err)
		}
	}
}
