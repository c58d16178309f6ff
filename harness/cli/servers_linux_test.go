package cli

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/catalog/scaffold"
	"github.com/joust-bench/joust/scenarios"
)

// A new server passes the check at once, in each language whose tools are here.
func TestNewServersPassTheCheck(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	table, err := scenarios.Load()
	if err != nil {
		t.Fatal(err)
	}
	arguments := []string{"check"}
	for _, language := range scaffold.Languages() {
		name := "my-" + language
		says(t, s.joust(t, "servers", "new", name, "--language", language).ends(patience, 0), "joust check ./"+name)
		m, err := catalog.LoadOne(table, filepath.Join(s.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if missing := catalog.Available(m); missing != nil {
			t.Log(missing)
			continue
		}
		arguments = append(arguments, "./"+name)
	}
	_, missing := exec.LookPath("python3")
	need(t, missing) // Go and Python at least
	if len(arguments) < 3 {
		t.Fatalf("no language but Go is here: %q", arguments)
	}
	says(t, s.joust(t, arguments...).ends(5*patience, 0), "my-go", "my-python")
}
