package machine

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
)

// repository makes a checkout with one commit and returns its folder.
func repository(t *testing.T, module string) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := t.TempDir()
	write(t, dir, "go.mod", "module "+module+"\n\ngo 1.26\n")
	write(t, dir, "main.go", "package main\n")
	write(t, dir, "results/bench_results.md", "old\n")
	write(t, dir, "results/report.go", "package results\n")
	run(t, dir, "init", "-q")
	run(t, dir, "add", ".")
	run(t, dir, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "first")
	return dir
}

func run(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestCheckout(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file string
		dirty      bool
	}{
		{"untouched", "", false},
		{"published matrix", "results/bench_results.md", false},
		{"new published matrix", "results/wrk2_results.md", false},
		{"raw run", "results/runs/1/run.json", false},
		{"source", "main.go", true},
		{"new source", "harness/new.go", true},
		{"source beside the matrices", "results/report.go", true},
		{"something like a matrix", "results/bench_results.md.go", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := repository(t, modulePath)
			if tt.file != "" {
				write(t, dir, tt.file, "changed\n")
			}
			revision, dirty, err := checkout(filepath.Join(dir, "results"))
			if err != nil || len(revision) != 40 || dirty != tt.dirty {
				t.Errorf("revision %q, dirty %v, %v; want dirty %v", revision, dirty, err, tt.dirty)
			}
		})
	}
}

func TestCheckoutOfSomethingElse(t *testing.T) {
	t.Parallel()
	if _, _, err := checkout(repository(t, "example.org/other")); err == nil || !strings.Contains(err.Error(), "something else than joust") {
		t.Errorf("error %v", err)
	}
	if _, _, err := checkout(t.TempDir()); err == nil {
		t.Error("a plain folder passed for a checkout")
	}
}

func TestComplete(t *testing.T) {
	t.Parallel()
	dir := repository(t, modulePath)
	head, _, err := checkout(dir)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "results/bench_results.md", "new\n") // the Go command calls this modified
	yes, no := true, false
	other := strings.Repeat("0", 40)
	tests := []struct {
		name, revision, modified, dir string
		wantRevision                  string
		wantDirty                     *bool
	}{
		{"nothing recorded", "", "", dir, head, &no},
		{"nothing recorded, no checkout", "", "", t.TempDir(), "", nil},
		{"recorded clean", other, "false", t.TempDir(), other, &no},
		{"recorded modified, only matrices are", head, "true", dir, head, &no},
		{"recorded modified, of another state", other, "true", dir, other, &yes},
		{"recorded without state", other, "", t.TempDir(), other, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := results.Build{Revision: tt.revision}
			complete(&b, tt.modified, tt.dir)
			same := (b.Dirty == nil) == (tt.wantDirty == nil) && (b.Dirty == nil || *b.Dirty == *tt.wantDirty)
			if b.Revision != tt.wantRevision || !same {
				t.Errorf("got %+v, want revision %q, dirty %v", b, tt.wantRevision, tt.wantDirty)
			}
		})
	}
}

func TestRecorded(t *testing.T) {
	t.Parallel()
	revision, modified := recorded(&debug.BuildInfo{Settings: []debug.BuildSetting{
		{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"},
	}})
	if revision != "abc" || modified != "true" {
		t.Errorf("revision %q, modified %q", revision, modified)
	}
}

func TestBuildOfThisTest(t *testing.T) {
	t.Parallel()
	b := Build("v1.2.3")
	if b.Version != "v1.2.3" || b.Go != runtime.Version() {
		t.Errorf("got %+v", b)
	}
}
