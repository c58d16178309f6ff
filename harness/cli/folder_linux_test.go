package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The server that the README shows is found by its path from an empty folder,
// answers rightly and can be measured, as printed there, with few clients: Python lets five
// connections wait.
func TestServerOfTheREADME(t *testing.T) {
	t.Parallel()
	_, missing := exec.LookPath("python3")
	need(t, missing)
	text, err := os.ReadFile(filepath.Join(checkout, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	folder := filepath.Join(s.dir, "my-folder")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, language := range map[string]string{"server.yaml": "yaml", "server.py": "python"} {
		_, rest, _ := strings.Cut(string(text), "```"+language+"\n")
		code, _, found := strings.Cut(rest, "```\n")
		if !found {
			t.Fatalf("README.md shows no %s", name)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(code), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	says(t, s.joust(t, "check", "./my-folder").ends(patience, 0), "my-folder")
	for _, spelling := range []string{"my-folder", folder} {
		run := append([]string{"run", "--servers", spelling, "--scenarios", "hello", "--mode", "closed", "--trials", "1", "--duration", "0.3s", "--clients", "4"}, steadily()...)
		says(t, s.joust(t, run...).ends(patience, 0), "my-folder")
	}
}
