package cells_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/journal"
	"github.com/joust-bench/joust/results/journal/journaltest"
)

// The cells of a run keep no histograms and no timelines of its trials: less than half
// of what small windows take in the journal. The test is not parallel, since parallel
// ones share its heap.
func TestCellsKeepLittleOfTheirTrials(t *testing.T) {
	const trials = 300
	dir := journaltest.Grow(t, "../journal/testdata/full", trials)
	info, err := os.Stat(filepath.Join(dir, journal.TrialsFile))
	if err != nil {
		t.Fatal(err)
	}
	run, err := journal.Header(dir)
	if err != nil {
		t.Fatal(err)
	}
	before := heap()
	set, err := cells.Stream(run, journal.Trials(dir))
	if err != nil {
		t.Fatal(err)
	}
	kept := heap() - before
	if n := len(set.Run.Trials); n != trials {
		t.Fatalf("%d trials of %d", n, trials)
	}
	if most := info.Size() / 2; kept > most {
		t.Errorf("%d bytes of a journal of %d are kept, want at most %d", kept, info.Size(), most)
	}
}

// heap returns the bytes of the heap that are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
