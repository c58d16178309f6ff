package servers_test

import (
	"debug/buildinfo"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// toolModule must not be linked into any server: the frameworks under test are
// no dependencies of the tool, nor the tool of theirs.
const toolModule = "github.com/joust-bench/joust"

// versions runs every version probe: it must find the version that really
// runs, which go.mod pins.
func versions(t *testing.T, m *manifest, bin string) {
	pins, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Version {
		probeModule(t, p, filepath.Join(bin, m.name), strings.ReplaceAll(string(pins), " // indirect", ""))
	}
}

func probeModule(t *testing.T, p probe, program, pins string) {
	t.Helper()
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	if p.Module == "go" {
		if !strings.HasPrefix(info.GoVersion, "go1.") {
			t.Errorf("built with %q", info.GoVersion)
		}
		return
	}
	found := false
	for _, dep := range info.Deps {
		if dep.Path == toolModule {
			t.Errorf("%s links %s", program, toolModule)
		}
		if dep.Path == p.Module {
			found = true
			if line := dep.Path + " " + dep.Version + "\n"; !strings.Contains(pins, line) {
				t.Errorf("linked %q, which go.mod does not pin", line)
			}
		}
	}
	if !found {
		t.Errorf("%s does not link %s", program, p.Module)
	}
}
