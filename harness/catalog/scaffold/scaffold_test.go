package scaffold_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/catalog/scaffold"
	"github.com/joust-bench/joust/scenarios"
)

func TestManifestsOfNewServersHaveNoMistakes(t *testing.T) {
	t.Parallel()
	table, err := scenarios.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range scaffold.Languages() {
		dir := filepath.Join(t.TempDir(), "fresh-"+language)
		files, err := scaffold.Write(dir, language)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil || strings.Contains(string(text), "@NAME@") || strings.HasSuffix(file, ".tmpl") {
				t.Errorf("%s still is a template (%v):\n%s", file, err, text)
			}
		}
		m, err := catalog.LoadOne(table, dir)
		if err != nil {
			t.Errorf("%s: %v", language, err)
		}
		for _, row := range []string{"hello", "json", "echo"} {
			if !slices.Contains(m.Scenarios, row) {
				t.Errorf("%s does not claim %s", language, row)
			}
		}
		if m.Title != "fresh-"+language || m.Language == "" || len(m.Version) == 0 {
			t.Errorf("%s: title %q, language %q, versions %v", language, m.Title, m.Language, m.Version)
		}
	}
}

func TestNothingIsOverwritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() // an empty folder is no obstacle, but its name is
	if _, err := scaffold.Write(filepath.Join(dir, "Upper"), "go"); err == nil || !strings.Contains(err.Error(), "cannot be a server's name") {
		t.Errorf("a bad name: %v", err)
	}
	mine := filepath.Join(dir, "mine")
	if err := os.Mkdir(mine, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := scaffold.Write(mine, "go"); err != nil {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := scaffold.Write(mine, "c"); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a full folder: %v", err)
	}
	if _, err := scaffold.Write(filepath.Join(dir, "other"), "cobol"); err == nil || !strings.Contains(err.Error(), `unknown language "cobol"`) {
		t.Errorf("an unknown language: %v", err)
	}
}
