package catalog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tinyModule is a copy of testdata/tiny that a test may change.
func tinyModule(t *testing.T) (root string, servers *Servers) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "tiny")
	if err := os.CopyFS(root, os.DirFS("testdata/tiny")); err != nil {
		t.Fatal(err)
	}
	return root, mustLoad(t, root)
}

// countingBuilder returns a builder whose go command logs its calls. builds counts
// the calls of go build, calls all of them.
func countingBuilder(t *testing.T, cache string) (b *Builder, builds, calls func() int) {
	t.Helper()
	real, err := exec.LookPath("go")
	if err != nil {
		t.Skip("needs the go command")
	}
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	tool := filepath.Join(dir, "go")
	write(t, log, "")
	write(t, tool, fmt.Sprintf("#!/bin/sh\necho \"$1\" >> %q\nexec %q \"$@\"\n", log, real))
	if err := os.Chmod(tool, 0o755); err != nil {
		t.Fatal(err)
	}
	if b, err = NewBuilder(cache); err != nil {
		t.Fatal(err)
	}
	b.goTool = tool
	lines := func(only string) int {
		content, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(content), only)
	}
	return b, func() int { return lines("build\n") }, func() int { return lines("\n") }
}

func build(t *testing.T, b *Builder, m Manifest, progress func(string)) string {
	t.Helper()
	binary, err := b.Build(t.Context(), m, progress)
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// output returns the output of the built program.
func output(t *testing.T, binary string) string {
	t.Helper()
	out, err := exec.Command(binary).CombinedOutput()
	if err != nil {
		t.Fatalf("run the built program: %v", err)
	}
	return strings.TrimSpace(string(out))
}

func TestBuildCachesByWhatGoesIntoTheProgram(t *testing.T) {
	t.Parallel()
	root, servers := tinyModule(t)
	m, cache := mustFind(t, servers, "tiny"), t.TempDir()
	b, builds, calls := countingBuilder(t, cache)
	// A new source, so that go compiles and reports a package.
	write(t, filepath.Join(root, "fixture", "fresh.go"), fmt.Sprintf("package fixture\n\nconst _ = %d\n", time.Now().UnixNano()))
	var progress []string
	first := build(t, b, m, func(line string) { progress = append(progress, line) })
	if output(t, first) != "tiny 1" {
		t.Errorf("the program says %q", output(t, first))
	}
	if !slices.Contains(progress, "example.org/tiny/fixture") {
		t.Errorf("progress does not name what is compiled: %q", progress)
	}
	before := calls()
	if again := build(t, b, m, nil); again != first || calls() != before {
		t.Errorf("go ran %d times for a cached program (%s, %s)", calls()-before, first, again)
	}
	other, otherBuilds, _ := countingBuilder(t, cache)
	if again := build(t, other, m, nil); again != first || otherBuilds() != 0 {
		t.Errorf("another joust built it again (%s, %s)", first, again)
	}

	// Neither tests nor other servers are part of the program.
	write(t, filepath.Join(root, "tiny", "main_test.go"), "package main\n")
	write(t, filepath.Join(root, "library", "more.go"), "package library\n")
	if again := build(t, b, m, nil); again != first || builds() != 1 {
		t.Errorf("built again for what is no part of it")
	}
	// What the servers share is.
	write(t, filepath.Join(root, "fixture", "fixture.go"), "package fixture\n\nconst Answer = \"changed\"\n")
	second := build(t, b, m, nil)
	if second == first || builds() != 2 || output(t, second) != "changed 1" {
		t.Errorf("after a change: %s, %d builds, %q", second, builds(), output(t, second))
	}
	// So is a module that is replaced by a folder.
	write(t, filepath.Join(root, "dep", "dep.go"), "package dep\n\nconst Number = 2\n")
	third := build(t, b, m, nil)
	if builds() != 3 || output(t, third) != "changed 2" {
		t.Errorf("after a change of the replaced module: %d builds, %q", builds(), output(t, third))
	}
	programs, err := os.ReadDir(cache)
	if err != nil || len(programs) != 3 {
		t.Errorf("the cache holds %v (%v), want the three programs", programs, err)
	}
}

func TestSourceKeyFollowsEveryIngredient(t *testing.T) {
	t.Parallel()
	root, servers := tinyModule(t)
	m := mustFind(t, servers, "tiny")
	keys := map[string]string{}
	add := func(what, toolchain string) {
		t.Helper()
		key, err := sourceKey(root, m, toolchain)
		if err != nil {
			t.Fatal(err)
		}
		if prior, twice := keys[key]; twice {
			t.Errorf("%q has the key of %q", what, prior)
		}
		keys[key] = what
	}
	add("plain", "go1.26.0")
	add("another release", "go1.26.1")
	write(t, filepath.Join(root, "tiny", "embedded.txt"), "data")
	add("another file", "go1.26.0")
	write(t, filepath.Join(root, "go.sum"), "")
	add("a go.sum", "go1.26.0")
	framework := filepath.Join(t.TempDir(), "framework")
	write(t, filepath.Join(framework, "f.go"), "package f\n")
	write(t, filepath.Join(root, "go.mod"), "module example.org/tiny\n\ngo 1.26.0\n\nreplace example.org/f => "+framework+"\n")
	add("a replaced module", "go1.26.0")
	write(t, filepath.Join(framework, "f.go"), "package f // changed\n")
	add("a change in the replaced module", "go1.26.0")
}

func TestLocalReplacements(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, dir := range []string{"m", "a", "b c", "out"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	mod := "replace (\n\tx => ../a\n\tx v1.0.0 => ../a // again\n\ty => example.org/y v1.0.0\n\tz => ../gone\n)\nreplace w => " + root + "/out\nreplace v => ..\n"
	got := localReplacements(filepath.Join(root, "m"), []byte(mod))
	want := []string{filepath.Join(root, "a"), filepath.Join(root, "out"), root}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestBuildErrorsShowWhatGoSaid(t *testing.T) {
	t.Parallel()
	_, servers := tinyModule(t)
	cache := t.TempDir()
	b, _, _ := countingBuilder(t, cache)
	for name, want := range map[string][]string{
		"broken":  {"build broken: go build in ", "main.go:3:15: undefined: undefined"},
		"library": {"library", "is no program; it must be a package main"},
	} {
		_, err := b.Build(t.Context(), mustFind(t, servers, name), nil)
		for _, part := range want {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %v, want %q", name, err, part)
			}
		}
	}
	if rest, err := os.ReadDir(cache); err != nil || len(rest) != 0 {
		t.Errorf("failed builds left %v (%v)", rest, err)
	}
}

func TestBuildAsksForANewerGo(t *testing.T) {
	t.Parallel()
	root, servers := tinyModule(t)
	m := mustFind(t, servers, "tiny")
	write(t, filepath.Join(root, "go.mod"), "module example.org/tiny\n\ngo 1.99.0\n")
	b, err := NewBuilder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	// A go that does not fetch another: it says its own release.
	b.goTool = filepath.Join(t.TempDir(), "go")
	write(t, b.goTool, "#!/bin/sh\necho go1.26.8\n")
	if err := os.Chmod(b.goTool, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err = b.Build(t.Context(), m, nil)
	if err == nil || !strings.Contains(err.Error(), "asks for Go 1.99.0, and the installed one is 1.26.8; install a newer Go") {
		t.Errorf("got %v", err)
	}
	if err := newEnough("x", root, "devel go1.27-abcdef"); err != nil {
		t.Errorf("a development version: %v", err)
	}
}

// Not parallel: it takes PATH away.
func TestBuildWithoutGo(t *testing.T) {
	_, servers := tinyModule(t)
	m := mustFind(t, servers, "tiny")
	t.Setenv("PATH", t.TempDir())
	b, err := NewBuilder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Build(t.Context(), m, nil); err == nil || !strings.Contains(err.Error(), "the go command is not on PATH; install Go") {
		t.Errorf("build: %v", err)
	}
	if err := Available(m); err == nil || !strings.Contains(err.Error(), "go is not on PATH (install the package golang-go)") {
		t.Errorf("available: %v", err)
	}
}

func TestBuildEndsWithItsContext(t *testing.T) {
	t.Parallel()
	root, servers := tinyModule(t)
	cache := t.TempDir()
	b, _, _ := countingBuilder(t, cache)
	write(t, filepath.Join(root, "fixture", "fresh.go"), fmt.Sprintf("package fixture\n\nconst _ = %d\n", time.Now().UnixNano()))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	// The first line comes while go is at work.
	_, err := b.Build(ctx, mustFind(t, servers, "tiny"), func(string) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if rest, err := os.ReadDir(cache); err != nil || len(rest) != 0 {
		t.Errorf("an interrupted build left %v (%v)", rest, err)
	}
}

func TestPruneKeepsTheNewestAndRemovesWhatKilledBuildsLeft(t *testing.T) {
	t.Parallel()
	b, err := NewBuilder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	touch := func(name string, age time.Duration) {
		path := filepath.Join(b.cache, name)
		write(t, path, "")
		at := time.Now().Add(-age)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	for i := range keptBuilds + 2 {
		touch(fmt.Sprintf("gin-%016d", i), time.Duration(i)*time.Minute)
	}
	touch("gin-extra-0123456789abcdef", 1000*time.Hour)
	touch(buildPrefix+"old", 48*time.Hour)
	touch(buildPrefix+"running", time.Minute)
	if err := b.prune("gin"); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(b.cache)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	want := []string{buildPrefix + "running"}
	for i := range keptBuilds {
		want = append(want, fmt.Sprintf("gin-%016d", i))
	}
	want = append(want, "gin-extra-0123456789abcdef")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestVersionsOfWhatWasLinked(t *testing.T) {
	t.Parallel()
	_, servers := tinyModule(t)
	m := mustFind(t, servers, "tiny")
	b, _, _ := countingBuilder(t, t.TempDir())
	m.Version = []VersionProbe{
		{Of: "go", Module: "go"},
		{Of: "dep", Module: "example.org/dep"},
		{Of: "mistyped", Module: "example.org/dpe"},
		{Of: "sh", Command: []string{"sh", "-c", "echo sh 1.2 >&2; exit 3"}, Pattern: `sh (\S+)`},
		{Of: "silent", Command: []string{"sh", "-c", "echo nothing"}, Pattern: `v(\d+)`},
		{Of: "absent", Command: []string{"joust-none"}, Pattern: `(.)`},
	}
	got, err := Versions(t.Context(), m, build(t, b, m, nil), nil)
	want := map[string]string{"go": strings.TrimPrefix(runtime.Version(), "go"), "dep": "v0.0.0 replaced by ./dep (devel)", "sh": "1.2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, part := range []string{
		`module example.org/dpe is not linked into the program, did you mean "example.org/dep"?`,
		`find the version of silent in tiny: "v(\\d+)" is not in the output`,
		"find the version of absent in tiny",
	} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v\ndoes not say %s", err, part)
		}
	}
}

func TestModuleVersion(t *testing.T) {
	t.Parallel()
	info := &debug.BuildInfo{Deps: []*debug.Module{
		{Path: "example.org/a", Version: "v1.12.0"},
		{Path: "example.org/b", Version: "v1.0.0", Replace: &debug.Module{Path: "example.org/fork", Version: "v1.0.1"}},
	}}
	for path, want := range map[string]string{
		"example.org/a": "v1.12.0",
		"example.org/b": "v1.0.0 replaced by example.org/fork v1.0.1",
	} {
		if got, err := moduleVersion(info, path); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", path, got, err, want)
		}
	}
}
