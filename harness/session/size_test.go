package session

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host/container"
	"github.com/joust-bench/joust/harness/launch"
)

func TestSize(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, bytes := range map[string]int{"server": 1000, "classes/A.class": 20, "classes/b/B.class": 3} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, bytes), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	made := func(output string) catalog.Manifest { return catalog.Manifest{Build: &catalog.Recipe{Output: output}} }
	for name, test := range map[string]struct {
		f     launch.Fixture
		image container.Image
		want  int64
	}{
		"a Go program":    {launch.Fixture{Built: filepath.Join(folder, "server")}, container.Image{}, 1000},
		"a built program": {launch.Fixture{Built: folder, Manifest: made("server")}, container.Image{}, 1000},
		"a built folder":  {launch.Fixture{Built: folder, Manifest: made("classes")}, container.Image{}, 23},
		"an image":        {launch.Fixture{Built: filepath.Join(folder, "server"), Image: "id"}, container.Image{SizeBytes: 5000}, 5000},
	} {
		got, err := size(test.f, test.image)
		if err != nil || got == nil || *got != test.want {
			t.Errorf("%s: %v, %v; want %d", name, got, err, test.want)
		}
	}
	if got, err := size(launch.Fixture{}, container.Image{}); got != nil || err != nil {
		t.Errorf("a program of this machine has the size %v, %v", got, err)
	}
}
