package matrix

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; go test ./results/matrix -update writes it anew):\n%s", name, diff)
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	full := fullRun(t)
	partial := full
	partial.State = results.RunRunning
	partial.Trials = nil
	for _, tr := range full.Trials {
		if tr.Block <= 2 {
			partial.Trials = append(partial.Trials, tr)
		}
	}
	stopped := partial
	stopped.State = results.RunInterrupted
	for name, run := range map[string]results.Run{"full": full, "partial": partial, "interrupted": stopped, "empty": emptyRun()} {
		set := cells.Of(run)
		golden(t, name+"_bench.md", Bench(set))
		golden(t, name+"_open.md", OpenLoop(set))
		golden(t, name+"_headline.txt", Headline(set, 100))
	}
}
