// Package journaltest makes stored runs for tests and benchmarks.
package journaltest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
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
	header := run
	header.Plan.Tables = slices.Clone(run.Plan.Tables)
	for i := range header.Plan.Tables {
		header.Plan.Tables[i].Trials *= (n + len(run.Trials) - 1) / len(run.Trials)
	}
	text, err := json.Marshal(header)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, journal.RunFile), text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(dir, journal.TrialsFile))
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewWriterSize(file, 1<<20)
	if err := errors.Join(writeTrials(out, run.Trials, n), out.Flush(), file.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// writeTrials writes n lines. Each trial is encoded once, and its numbers are put
// into the line that many times: encoding takes most of the time.
func writeTrials(out io.Writer, trials []results.Trial, n int) error {
	blocks := 0
	lines := make([][]byte, len(trials))
	for i, t := range trials {
		blocks = max(blocks, t.Block)
		t.Index, t.Block, t.Repetition = -1, -1, -1
		var err error
		if lines[i], err = journal.Line(t); err != nil {
			return err
		}
	}
	for i := range n {
		t, line, later := trials[i%len(trials)], lines[i%len(trials)], i/len(trials)*blocks
		if t.Block > 0 { // scouting stays outside of all blocks
			// A block has one repetition of each cell.
			t.Block, t.Repetition = t.Block+later, t.Repetition+later
		}
		for _, number := range []struct {
			key   string
			value int
		}{{"index", i}, {"block", t.Block}, {"repetition", t.Repetition}} {
			line = bytes.Replace(line, fmt.Appendf(nil, "%q:-1", number.key), fmt.Appendf(nil, "%q:%d", number.key, number.value), 1)
		}
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return nil
}
