// Package servers_test starts every server of the field from its manifest and
// asks it everything that the scenarios it claims ask, over raw connections.
package servers_test

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/goccy/go-yaml"
)

// rows are the scenarios that a server claims or gives a reason for.
var rows = [...]string{
	"echo", "headers_heavy", "hello", "json", "large_response",
	"multi_request_body", "pipelined_h1", "upload_20mb",
}

// manifest repeats harness/catalog.Manifest, which this module cannot import.
type manifest struct {
	name, dir string

	Title        string            `yaml:"title"`
	Language     string            `yaml:"language"`
	Homepage     string            `yaml:"homepage"`
	Go           string            `yaml:"go"`
	Command      []string          `yaml:"command"`
	Args         []string          `yaml:"args"`
	Env          map[string]string `yaml:"env"`
	Files        map[string]string `yaml:"files"`
	Needs        []need            `yaml:"needs"`
	Version      []probe           `yaml:"version"`
	Protocols    []string          `yaml:"protocols"`
	Scenarios    []string          `yaml:"scenarios"`
	Unsupported  map[string]string `yaml:"unsupported"`
	StartTimeout time.Duration     `yaml:"start_timeout"`
	StopTimeout  time.Duration     `yaml:"stop_timeout"`
	WarmupCap    time.Duration     `yaml:"warmup_cap"`
}

type need struct {
	Program string `yaml:"program"`
	Package string `yaml:"package"`
}

type probe struct {
	Of      string   `yaml:"of"`
	Module  string   `yaml:"module"`
	Command []string `yaml:"command"`
	Pattern string   `yaml:"pattern"`
}

// launch holds the values that a manifest's templates may name.
type launch struct {
	Host        string
	Port, CPUs  int
	Dir, Source string
	Protocol    string
	Cert, Key   string
}

func (m *manifest) claims(row string) bool { return slices.Contains(m.Scenarios, row) }

// requirePrograms skips the test where a program is not installed, or fails it
// when the environment variable JOUST_REQUIRE is "all".
func (m *manifest) requirePrograms(t *testing.T) {
	t.Helper()
	for _, n := range m.Needs {
		if _, err := exec.LookPath(n.Program); err == nil {
			continue
		}
		if os.Getenv("JOUST_REQUIRE") == "all" {
			t.Fatalf("%s is not installed, and JOUST_REQUIRE=all: apt-get install %s", n.Program, n.Package)
		}
		t.Skipf("%s is not installed: apt-get install %s", n.Program, n.Package)
	}
}

// loadManifests reads every server.yaml strictly, as the harness does.
func loadManifests(t *testing.T) []*manifest {
	t.Helper()
	paths, err := filepath.Glob("*/server.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no server.yaml found beside the test: %v", err)
	}
	var all []*manifest
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m := &manifest{name: filepath.Base(filepath.Dir(path))}
		if m.dir, err = filepath.Abs(filepath.Dir(path)); err != nil {
			t.Fatal(err)
		}
		if err := yaml.UnmarshalWithOptions(text, m, yaml.Strict()); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, m)
	}
	return all
}

// render fills in a template of the manifest.
func render(t *testing.T, name, text string, l launch) string {
	t.Helper()
	repeat := func(pattern string, n int) string {
		return strings.Repeat(pattern, n/len(pattern)+1)[:n]
	}
	tmpl, err := template.New(name).Option("missingkey=error").
		Funcs(template.FuncMap{"repeat": repeat}).Parse(text)
	if err != nil {
		t.Fatalf("template %s: %v", name, err)
	}
	var out bytes.Buffer
	if err := tmpl.Execute(&out, l); err != nil {
		t.Fatalf("template %s: %v", name, err)
	}
	return out.String()
}

func TestManifests(t *testing.T) {
	t.Parallel()
	for _, m := range loadManifests(t) {
		t.Run(m.name, func(t *testing.T) {
			if m.Title == "" || m.Language == "" || m.Homepage == "" {
				t.Error("title, language and homepage must all be set")
			}
			if (m.Go == "") == (len(m.Command) == 0) {
				t.Error("exactly one of go and command must be set")
			}
			if len(m.Command) > 0 && len(m.Needs) == 0 {
				t.Error("a command needs a program, and the manifest does not say which package brings it")
			}
			if !slices.Equal(m.Protocols, []string{"h1"}) {
				t.Errorf("protocols are %v, want h1", m.Protocols)
			}
			if len(m.Version) == 0 {
				t.Error("no version probe: nobody could tell what was measured")
			}
			covered := slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(m.Unsupported)), m.Scenarios...)))
			if !slices.Equal(covered, rows[:]) {
				t.Errorf("claims and reasons cover %v\nwant each once of %v", covered, rows)
			}
			for row, reason := range m.Unsupported {
				if len(strings.Fields(reason)) < 4 {
					t.Errorf("%s: the reason %q is not in plain words", row, reason)
				}
			}
		})
	}
}
