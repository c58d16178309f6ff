package catalog

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results"
)

func TestResolveContainer(t *testing.T) {
	t.Parallel()
	dir, err := filepath.Abs("testdata/good/contained")
	if err != nil {
		t.Fatal(err)
	}
	m := Manifest{
		Name: "contained", Dir: dir, Image: "nginx", Args: []string{"-p", "{{.Port}}"}, Files: map[string]string{"conf": "conf.tmpl"},
		Container: &Container{Mounts: map[string]string{"/etc/conf": "{{.Dir}}/conf", "/data": "conf.tmpl"}},
	}
	launch := Launch{Host: "0.0.0.0", Port: 8080, Dir: filepath.Join(t.TempDir(), "own")}
	if err := os.Mkdir(launch.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	command, mounts, err := ResolveContainer(m, launch)
	if err != nil {
		t.Fatal(err)
	}
	want := []Mount{
		{Source: launch.Dir, Target: launch.Dir}, {Source: filepath.Join(dir, "conf.tmpl"), Target: "/data"},
		{Source: filepath.Join(launch.Dir, "conf"), Target: "/etc/conf"},
	}
	if diff := cmp.Diff(want, mounts); diff != "" {
		t.Errorf("mounts (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"-p", "8080"}, command.Argv); diff != "" {
		t.Errorf("arguments (-want +got)\n%s", diff)
	}
	if text, err := os.ReadFile(filepath.Join(launch.Dir, "conf")); err != nil || string(text) != "listen 0.0.0.0:8080\n" {
		t.Errorf("the file is %q, %v", text, err)
	}
	if info, err := os.Stat(launch.Dir); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("the container's user cannot read the folder: %v, %v", info, err)
	}
	m.Container.Mounts["/none"] = "none"
	if _, _, err := ResolveContainer(m, launch); err == nil {
		t.Error("a mount of nothing was taken")
	}
}

func TestIsolations(t *testing.T) {
	t.Parallel()
	const process, container = results.IsolationProcess, results.IsolationContainer
	for name, test := range map[string]struct {
		m          Manifest
		byDefault  string
		impossible []string
	}{
		"go":           {Manifest{Go: "."}, process, nil},
		"go contained": {Manifest{Go: ".", Isolation: container}, container, nil},
		"command":      {Manifest{Command: []string{"nginx"}}, process, []string{container}},
		"image":        {Manifest{Image: "nginx"}, container, []string{process}},
		"dockerfile":   {Manifest{Dockerfile: "."}, container, []string{process}},
		"url":          {Manifest{URL: "http://127.0.0.1"}, process, []string{container}},
	} {
		if got := test.m.DefaultIsolation(); got != test.byDefault {
			t.Errorf("%s is a %s by default", name, got)
		}
		var impossible []string
		for _, isolation := range []string{process, container} {
			if test.m.CannotBe(isolation) != "" {
				impossible = append(impossible, isolation)
			}
		}
		if diff := cmp.Diff(test.impossible, impossible); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestBytes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Bytes{
		"512MB": 512e6, "2GiB": 2 << 30, "64 MiB": 64 << 20, "1kB": 1000,
		"512": 0, "MB": 0, "-1MB": 0, "1.5GB": 0, "5MBB": 0, "99999999999GB": 0, "": 0,
	} {
		var got Bytes
		if err := got.UnmarshalText([]byte(text)); got != want || (err == nil) != (want != 0) {
			t.Errorf("%q is %d, %v; want %d", text, got, err, want)
		}
	}
}
