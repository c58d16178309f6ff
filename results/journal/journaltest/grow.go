// Package journaltest makes stored runs for tests and benchmarks.
package journaltest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/joust-bench/joust/results/journal"
)

// Grow stores a run of n trials in a folder of the test, and returns the folder:
// the trials of the stored run in from, over and over, as today's joust writes
// them. Indices, blocks and repetitions count on, and the plan asks for as many.
func Grow(t testing.TB, from string, n int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	run, err := journal.Open(from)
	check(t, err)
	trials := run.Trials
	run.Plan.Tables = slices.Clone(run.Plan.Tables)
	for i := range run.Plan.Tables {
		run.Plan.Tables[i].Trials *= (n + len(trials) - 1) / len(trials)
	}
	j, err := journal.Create(dir, run)
	check(t, err)
	blocks := 0
	for _, trial := range trials {
		blocks = max(blocks, trial.Block)
		trial.Index, trial.Block, trial.Repetition = -1, -1, -1
		check(t, j.Append(trial))
	}
	check(t, j.Close())
	// Encoding takes most of the time: each line is written many times, with
	// other numbers.
	path := filepath.Join(dir, journal.TrialsFile)
	text, err := os.ReadFile(path)
	check(t, err)
	lines := bytes.SplitAfter(text, []byte("\n"))
	out, err := os.Create(path)
	check(t, err)
	for i := range n {
		trial, line, later := trials[i%len(trials)], lines[i%len(trials)], i/len(trials)*blocks
		if trial.Block > 0 { // scouting stays outside of all blocks
			// A block has one repetition of each cell.
			trial.Block, trial.Repetition = trial.Block+later, trial.Repetition+later
		}
		for key, value := range map[string]int{"index": i, "block": trial.Block, "repetition": trial.Repetition} {
			line = bytes.Replace(line, fmt.Appendf(nil, "%q:-1", key), fmt.Appendf(nil, "%q:%d", key, value), 1)
		}
		_, err := out.Write(line)
		check(t, err)
	}
	check(t, out.Close())
	return dir
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
