package plan_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results/golden"
)

// TestCorpus resolves every plan in testdata: NAME.bad.yaml must be refused
// with the text of NAME.bad.txt, NAME.good.yaml give the plan and warnings of
// NAME.good.txt.
func TestCorpus(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no plans in testdata: %v", err)
	}
	c := catalogue(t)
	c.Servers[8].Unavailable = "python3 is not on PATH; install the package python3"
	c.Connections = plan.ConnectionLimit{Max: 1000, Reason: "the limit of open files is 1024", Remedy: "ulimit -n 65536"}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			got := outcome(t, file, c)
			expected := strings.TrimSuffix(file, ".yaml") + ".txt"
			golden.Hold(t, expected, got)
		})
	}
}

func outcome(t *testing.T, file string, c plan.Catalogue) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, warnings, err := plan.Resolve(filepath.Base(file), data, plan.Overrides{}, c)
	if bad := strings.Contains(file, ".bad."); bad != (err != nil) {
		t.Fatalf("%s: error is %v", file, err)
	}
	if err != nil {
		return err.Error() + "\n"
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	out := string(text) + "\n"
	for _, w := range warnings {
		out += "warning: " + w + "\n"
	}
	return out
}
