// Package journaltest makes stored runs for tests and benchmarks.
package journaltest

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/journal"
)

// Grow stores a run of n trials in a folder of the test, and returns it: the
// trials of the stored run in from, over and over, as today's joust writes them.
// Indices, blocks and repetitions count on, and the plan asks for as many.
func Grow(t testing.TB, from string, n int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	run, err := journal.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	blocks := 0
	for i := range run.Trials {
		blocks = max(blocks, run.Trials[i].Block)
	}
	file, err := os.Create(filepath.Join(dir, journal.TrialsFile))
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewWriterSize(file, 1<<20)
	for i := range n {
		line, err := journal.Line(again(run.Trials[i%len(run.Trials)], i, i/len(run.Trials)*blocks))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = out.Write(line) // Flush has its error
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range run.Plan.Tables {
		run.Plan.Tables[i].Trials *= (n + len(run.Trials) - 1) / len(run.Trials)
	}
	header, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, journal.RunFile), header, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// again is the trial once more, so many blocks later. A block has one repetition
// of each cell.
func again(t results.Trial, index, blocks int) results.Trial {
	t.Index = index
	if t.Block > 0 {
		t.Block += blocks
		t.Repetition += blocks
	}
	return t
}
