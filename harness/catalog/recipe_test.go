package catalog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// buildable returns the server of testdata/good/built in a folder that a test may
// change, with a builder.
func buildable(t *testing.T) (m Manifest, b *Builder) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "built")
	if err := os.CopyFS(dir, os.DirFS("testdata/good/built")); err != nil {
		t.Fatal(err)
	}
	b, err := NewBuilder(filepath.Join(t.TempDir(), "cache"))
	if err != nil {
		t.Fatal(err)
	}
	return mustFind(t, mustLoad(t, dir), "built"), b
}

// entries returns the names in the builder's cache.
func (b *Builder) entries(t *testing.T) []string {
	t.Helper()
	all, err := os.ReadDir(b.cache)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

func TestRecipeBuildsOnceForTheSameInputs(t *testing.T) {
	t.Parallel()
	m, b := buildable(t)
	var progress []string
	first := build(t, b, m, func(line string) { progress = append(progress, line) })
	if len(progress) == 0 || !strings.HasPrefix(progress[0], "sh "+m.Dir+"/build.sh ") {
		t.Errorf("progress %q, want the command first", progress)
	}
	built := filepath.Join(first, "server")
	got, err := Resolve(m, Launch{Host: "127.0.0.1", Port: 80, Dir: t.TempDir(), Data: "/data", MaxConnections: 50, Out: "/never"}, first)
	want := Command{Argv: []string{built, "--listen", "127.0.0.1:80", "/data/static", "0", "50", ""}, Env: []string{"LEVEL=1"}, Dir: got.Dir}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	versions, err := Versions(t.Context(), m, first, nil)
	if err != nil || versions["server"] != "1" {
		t.Errorf("%v, %v", versions, err)
	}
	again := func(what string, builds bool) {
		t.Helper()
		ran := false
		path := build(t, b, m, func(string) { ran = true })
		if ran != builds || (path != first) != builds {
			t.Errorf("%s: built %t in %s, want %t", what, ran, path, builds)
		}
	}
	again("nothing has changed", false)
	write(t, filepath.Join(m.Dir, "notes.txt"), "no input")
	again("a file that is no input", false)
	m.Params = map[string]string{"level": "2", "mode": ""}
	again("another parameter of the command", true)
	m.Params = map[string]string{"level": "1", "mode": "x"}
	again("a parameter that the command does not name", false)
	write(t, filepath.Join(m.Dir, "more.sh"), "# a new input")
	again("a new input", true)
}

func TestRecipeKeyFollowsTheTools(t *testing.T) {
	t.Parallel()
	m, _ := buildable(t)
	tool := filepath.Join(t.TempDir(), "tool")
	write(t, tool, "#!/bin/sh\n")
	library := filepath.Join(t.TempDir(), "lib-1.jar")
	write(t, library, "one")
	recipe := *m.Build
	recipe.Needs = []Need{{Program: tool, Package: "joust-none"}, {File: filepath.Dir(library) + "/lib-*.jar", Package: "joust-none"}}
	m.Build = &recipe
	if err := os.Chmod(tool, 0o755); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	add := func(what string) {
		t.Helper()
		key, err := recipeKey(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		if before, twice := seen[key]; twice {
			t.Errorf("%s has the key of %s", what, before)
		}
		seen[key] = what
	}
	add("the recipe")
	write(t, tool, "#!/bin/sh\n# another\n")
	add("another tool")
	at := time.Now().Add(time.Hour)
	if err := os.Chtimes(library, at, at); err != nil {
		t.Fatal(err)
	}
	add("a library of another time")
	write(t, filepath.Join(filepath.Dir(library), "lib-2.jar"), "two")
	add("one more library")
}

func TestRecipesThatFail(t *testing.T) {
	t.Parallel()
	manifest := func(m *Manifest) string { return filepath.Join(m.Dir, ManifestName) }
	for name, c := range map[string]struct {
		script string
		want   func(m *Manifest) []string
	}{
		"the tool fails": {
			"for i in $(seq 30); do echo line $i; done; echo no such header >&2; exit 3",
			func(m *Manifest) []string {
				return []string{"build built: sh " + m.Dir + "/build.sh ", ": exit status 3\nline 12\n", "\nline 30\nno such header"}
			},
		},
		"no output": {
			`touch "$1/a.o" "$1/b.o"`,
			func(m *Manifest) []string {
				return []string{manifest(m) + ":8: build.output: the command succeeded and did not make server in {{.Out}}, which holds a.o, b.o"}
			},
		},
		"nothing at all": {"exit 0", func(*Manifest) []string { return []string{"which holds nothing"} }},
		"an input that changes": {
			`touch "$1/server"; echo "# more" >>"$(dirname "$0")/build.sh"`,
			func(*Manifest) []string { return []string{"the files of build.inputs changed while they were built"} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, b := buildable(t)
			write(t, filepath.Join(m.Dir, "build.sh"), c.script+"\n")
			_, err := b.Build(t.Context(), m, nil)
			for _, want := range c.want(&m) {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%v\ndoes not say %s", err, want)
				}
			}
			if left := b.entries(t); len(left) != 0 {
				t.Errorf("a failed build left %q", left)
			}
		})
	}
}

// A build that is stopped takes its children with it and leaves nothing.
func TestStoppedRecipe(t *testing.T) {
	t.Parallel()
	m, b := buildable(t)
	child := filepath.Join(t.TempDir(), "child")
	write(t, filepath.Join(m.Dir, "build.sh"), fmt.Sprintf("sleep 600 &\necho $! >%s\necho started\nwait\n", child))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := b.Build(ctx, m, func(line string) {
		if line == "started" {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	pid, err := os.ReadFile(child)
	if err != nil {
		t.Fatal(err)
	}
	// The kernel ends the group; its parent reaps the child.
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("a child of the build goes on: %s", stat)
		}
	}
	if left := b.entries(t); len(left) != 0 {
		t.Errorf("a stopped build left %q", left)
	}
}

// A module cache is read-only, and so may a server's folder be.
func TestRecipeInAReadOnlyFolder(t *testing.T) {
	t.Parallel()
	m, b := buildable(t)
	if err := os.Chmod(m.Dir, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(m.Dir, 0o755) }) // for TempDir, which removes it
	build(t, b, m, nil)
}

func TestFilesAsNeeds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := Manifest{
		Name: "odd", Command: []string{"{{.Built}}/x"}, Needs: []Need{{File: dir + "/lib*.jar", Package: "lib-java"}},
		Build: &Recipe{Command: []string{"sh"}, Needs: []Need{{File: dir + "/h", Package: "lib-dev"}, {Program: "/usr/bin/joust-none", Package: "none"}}},
	}
	want := "odd cannot run here: install the packages lib-dev, lib-java, none"
	if err := Available(m); err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
	if got := m.Packages(); !cmp.Equal(got, []string{"lib-dev", "lib-java", "none"}) {
		t.Errorf("packages %q", got)
	}
	write(t, filepath.Join(dir, "lib-1.jar"), "")
	m.Build.Needs = m.Build.Needs[:1]
	want = "odd cannot run here: " + dir + "/h is not there (install the package lib-dev)"
	if err := Available(m); err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
	write(t, filepath.Join(dir, "h"), "")
	if err := Available(m); err != nil {
		t.Error(err)
	}
}
