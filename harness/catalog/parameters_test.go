package catalog

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFamiliesStandForTheirRows(t *testing.T) {
	t.Parallel()
	rows := table(t)
	var core []string
	for i := range rows {
		if rows[i].Family == "core" && rows[i].Name != "upload_20mb" {
			core = append(core, rows[i].Name)
		}
	}
	m := mustFind(t, mustLoad(t, "testdata/good"), "built")
	if diff := cmp.Diff(append(core, "pipelined_h1"), m.Scenarios); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A family stands only for rows that one of the server's protocols can ask.
func TestFamiliesLeaveOutRowsOfOtherProtocols(t *testing.T) {
	t.Parallel()
	m, problems := parseManifest("server.yaml", filepath.Join(t.TempDir(), "x"), []byte(
		"title: x\ncommand: [sh]\nprotocols: [ws]\nscenarios: [core]\n"), table(t))
	want := "server.yaml:4: scenarios: the server claims no row of the family core"
	if len(m.Scenarios) != 0 || problems.Error() != want {
		t.Errorf("%q, %v; want %s", m.Scenarios, problems, want)
	}
}

func TestVariantsAreServers(t *testing.T) {
	t.Parallel()
	servers := mustLoad(t, "testdata/good")
	base, hard, soft := mustFind(t, servers, "built"), mustFind(t, servers, "built-hard"), mustFind(t, servers, "built-soft")
	for _, c := range []struct {
		m            Manifest
		title, setup string
		params       map[string]string
	}{
		{base, "Built", base.Setup, map[string]string{"level": "1", "mode": ""}},
		{hard, "Built (level=9, mode=hard)", base.Setup, map[string]string{"level": "9", "mode": "hard"}},
		{soft, "Built, softly", "Does nothing much.", map[string]string{"level": "0", "mode": ""}},
	} {
		if c.m.Title != c.title || c.m.Setup != c.setup || c.m.Folder() != "built" || !cmp.Equal(c.m.Params, c.params) {
			t.Errorf("%s: %q, %q, folder %s, %v", c.m.Name, c.m.Title, c.m.Setup, c.m.Folder(), c.m.Params)
		}
	}
	if !slices.Contains(hard.Scenarios, "pipelined_h1") || slices.Contains(soft.Scenarios, "pipelined_h1") || soft.Unsupported["pipelined_h1"] == "" || base.Unsupported["pipelined_h1"] != "" {
		t.Errorf("only built-soft is without pipelined_h1: %v, %v, %v", hard.Scenarios, soft.Scenarios, base.Unsupported)
	}
	// A run stores the values, and no other variants.
	stored, err := json.Marshal(hard)
	if err != nil || !strings.Contains(string(stored), `"params":{"level":"9","mode":"hard"}`) || strings.Contains(string(stored), "softly") {
		t.Errorf("stored as %s, %v", stored, err)
	}
}

func TestTwoServersOfAVariantsName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a", ManifestName), "title: a\ncommand: [sh]\nprotocols: [h1]\nscenarios: [hello]\nparameters: {p: {default: '', about: p}}\nvariants: [{name: b, set: {p: x}}]\n")
	write(t, filepath.Join(dir, "b", ManifestName), "title: b\ncommand: [sh]\nprotocols: [h1]\nscenarios: [hello]\n")
	servers := mustLoad(t, dir)
	want := "server b is broken: the variant b of " + dir + "/a and " + dir + "/b have the same name; rename one of them"
	if _, err := servers.Find("b"); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	mustFind(t, servers, "a")
}

func TestWithOtherValues(t *testing.T) {
	t.Parallel()
	base := mustFind(t, mustLoad(t, "testdata/good"), "built")
	m, err := base.With(map[string]string{"level": "5"})
	if err != nil || m.Params["level"] != "5" || base.Params["level"] != "1" {
		t.Errorf("level %q, the server's own %q, %v", m.Params["level"], base.Params["level"], err)
	}
	for want, values := range map[string]map[string]string{
		"unknown parameter \"lvel\", did you mean \"level\"?\nunknown parameter \"moed\", did you mean \"mode\"?": {"lvel": "1", "moed": "1"},
	} {
		if _, err := base.With(values); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	none := Manifest{Name: "none"}
	if _, err := none.With(map[string]string{"a": "1"}); err == nil || err.Error() != "the server none has no parameters, so a cannot be set" {
		t.Errorf("a server without parameters: %v", err)
	}
}
