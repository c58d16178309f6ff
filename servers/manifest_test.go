// Package servers_test starts every Go server of the field from its manifest and asks
// it for every route, over raw connections.
package servers_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"github.com/goccy/go-yaml"
)

// manifest repeats what these tests need of harness/catalog.Manifest, which this module
// cannot import. The harness checks manifests whole.
type manifest struct {
	name, dir string

	Go         string            `yaml:"go"`
	Args       []string          `yaml:"args"`
	Env        map[string]string `yaml:"env"`
	Files      map[string]string `yaml:"files"`
	Version    []probe           `yaml:"version"`
	Parameters map[string]struct {
		Default string `yaml:"default"`
	} `yaml:"parameters"`
	Variants    []variant         `yaml:"variants"`
	Unsupported map[string]string `yaml:"unsupported"`
}

type variant struct {
	Name string            `yaml:"name"`
	Set  map[string]string `yaml:"set"`
}

type probe struct {
	Of     string `yaml:"of"`
	Module string `yaml:"module"`
}

// launch holds the values that a manifest's templates may name.
type launch struct {
	Host        string
	Port, CPUs  int
	Dir, Source string
	Protocol    string
	Cert, Key   string
	Data        string

	KeepAliveRequests, MaxConnections int
	ProfileSocket                     string
	Params                            map[string]string
}

// loadManifests reads the server.yaml of every Go server of this module. The servers in
// other languages, and those in modules of their own, are checked by the harness.
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
		if err := yaml.Unmarshal(text, m); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if _, err := os.Stat(filepath.Join(m.dir, "go.mod")); err != nil && m.Go != "" {
			all = append(all, m)
		}
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
