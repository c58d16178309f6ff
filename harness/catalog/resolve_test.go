package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestResolveFillsInArgumentsEnvironmentAndFiles(t *testing.T) {
	t.Parallel()
	m := mustFind(t, mustLoad(t, "testdata/good"), "full.1-x")
	dir := t.TempDir()
	launch := Launch{Host: "127.0.0.1", Port: 4242, CPUs: 2, Dir: dir, Protocol: "h1s", Cert: "c.pem", Key: "k.pem"}
	got, err := Resolve(m, launch, "")
	if err != nil {
		t.Fatal(err)
	}
	sh, err := lookPath("sh", "")
	if err != nil {
		t.Fatal(err)
	}
	want := Command{
		Argv: []string{sh, "-c", "listen 127.0.0.1:4242 reuseport", dir + "/conf/full.conf"},
		Env:  []string{"CERTS=c.pemk.pemh1s", "SOURCE=" + m.Dir},
		Dir:  dir,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for name, want := range map[string]string{
		"conf/full.conf": "workers 2;\nlisten 127.0.0.1:4242;\n",
		"large":          "abcabcabca",
	} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(content) != want {
			t.Errorf("%s: %q, %v; want %q", name, content, err, want)
		}
	}
}

func TestResolveErrorsNameFileAndKey(t *testing.T) {
	t.Parallel()
	dir, out := t.TempDir(), t.TempDir()
	write(t, filepath.Join(dir, "conf.tmpl"), "ok\n{{repeat `x` .Port}}{{.Nope}}\n")
	base := Manifest{Name: "x", Dir: dir, Command: []string{"sh"}}
	for _, c := range []struct {
		change func(*Manifest)
		launch Launch
		want   []string
	}{
		{func(m *Manifest) { m.Args = []string{"fine", "{{.Nope}}"} }, Launch{}, []string{ManifestName, "args[1]", "Nope"}},
		{func(m *Manifest) { m.Env = map[string]string{"A": "{{"} }, Launch{}, []string{ManifestName, "env.A"}},
		{func(m *Manifest) { m.Files = map[string]string{"conf": "conf.tmpl"} }, Launch{Dir: out}, []string{"conf.tmpl: fill in files.conf", "conf.tmpl:2:"}},
		{func(m *Manifest) { m.Files = map[string]string{"conf": "conf.tmpl"} }, Launch{}, []string{"no folder to write them to"}},
		{func(m *Manifest) { m.Files = map[string]string{"conf": "gone.tmpl"} }, Launch{Dir: out}, []string{"template of files.conf of x"}},
		{func(m *Manifest) { m.Command = nil; m.Go = "." }, Launch{}, []string{"x is a Go program that was not built"}},
		{func(m *Manifest) { m.Command = nil; m.URL = "http://h" }, Launch{}, []string{"x runs already, at http://h"}},
		{func(m *Manifest) { m.Command = []string{"joust-no-such-program"} }, Launch{}, []string{"find the program of x", "joust-no-such-program"}},
	} {
		m := base
		c.change(&m)
		_, err := Resolve(m, c.launch, "")
		if err == nil {
			t.Errorf("no error; want %q", c.want)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err, want)
			}
		}
	}
}

func TestFilesOfTheServersFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"sh", "server.py"} {
		write(t, filepath.Join(dir, name), "#!/bin/sh\n")
	}
	own := filepath.Join(dir, "sh")
	m := Manifest{Name: "s", Dir: dir, Command: []string{"sh", "server.py", "other.py", "/server.py", "../server.py", "."}}
	if err := Available(m); err == nil || !strings.Contains(err.Error(), "is not executable (chmod +x "+own+")") {
		t.Errorf("a program beside server.yaml that cannot be executed: %v", err)
	}
	if err := os.Chmod(own, 0o755); err != nil {
		t.Fatal(err)
	}
	got, err := Resolve(m, Launch{}, "")
	if want := []string{own, filepath.Join(dir, "server.py"), "other.py", "/server.py", "../server.py", dir}; err != nil || !cmp.Equal(got.Argv, want) {
		t.Errorf("%q, want %q (%v)", got.Argv, want, err)
	}
}

func TestProgramsWithASlashStandInTheServersFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script := filepath.Join(dir, "run.sh")
	write(t, script, "#!/bin/sh\necho version 7.8\n")
	m := Manifest{
		Name: "script", Dir: dir, Command: []string{"./run.sh"},
		Version: []VersionProbe{{Of: "script", Command: []string{"./run.sh"}, Pattern: `version (\S+)`}},
	}
	if err := Available(m); err == nil {
		t.Error("a file that cannot be executed counts as available")
	}
	if err := os.Chmod(script, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Available(m); err != nil {
		t.Error(err)
	}
	got, err := Resolve(m, Launch{}, "")
	if err != nil || !cmp.Equal(got.Argv, []string{script}) {
		t.Errorf("%q, %v", got.Argv, err)
	}
	versions, err := Versions(t.Context(), m, "", nil)
	if err != nil || versions["script"] != "7.8" {
		t.Errorf("%v, %v", versions, err)
	}
}

func TestAvailableNamesTheMissingPackages(t *testing.T) {
	t.Parallel()
	m := Manifest{
		Name: "odd", Command: []string{"joust-none"},
		Needs: []Need{{Program: "sh", Package: "dash"}, {Program: "joust-none", Package: "joust-pkg"}, {Program: "joust-other", Package: "other-pkg"}},
	}
	want := "odd cannot run here: install the packages joust-pkg, other-pkg"
	if err := Available(m); err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
	m.Needs = m.Needs[:1]
	if err := Available(m); err == nil || !strings.Contains(err.Error(), "joust-none is neither beside server.yaml nor on PATH") {
		t.Errorf("a command that no need names: %v", err)
	}
	if err := Available(Manifest{Name: "url", URL: "http://127.0.0.1:1"}); err != nil {
		t.Error(err)
	}
}

func TestRepeatGivesExactlySoManyBytes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringN(1, 20, -1).Draw(t, "pattern")
		n := rapid.IntRange(0, 5000).Draw(t, "n")
		got, err := repeat(pattern, n)
		if err != nil || len(got) != n {
			t.Fatalf("%d bytes, %v; want %d", len(got), err, n)
		}
		for i := range got {
			if got[i] != pattern[i%len(pattern)] {
				t.Fatalf("byte %d is not the pattern's", i)
			}
		}
	})
	for _, c := range []struct {
		pattern string
		n       int
	}{{"", 1}, {"x", -1}, {"x", maxRepeat + 1}} {
		if _, err := repeat(c.pattern, c.n); err == nil {
			t.Errorf("repeat %q %d was accepted", c.pattern, c.n)
		}
	}
}
