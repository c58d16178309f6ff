package journal_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/joust-bench/joust/results/journal"
)

// childFolder names the run that a child of the test binary writes until its
// limit on file sizes stops it; childFile is the file that meets the limit.
const (
	childFolder = "JOUST_JOURNAL_TEST_FOLDER"
	childFile   = "JOUST_JOURNAL_TEST_FILE"
)

func TestMain(m *testing.M) {
	dir := os.Getenv(childFolder)
	switch {
	case dir == "":
		goleak.VerifyTestMain(m)
	case os.Getenv(childFile) == journal.RunFile:
		os.Exit(fillRun(dir))
	}
	os.Exit(fillUp(dir))
}

// withLimit runs a child that writes the file of the run in dir.
func withLimit(t *testing.T, dir, file string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childFolder+"="+dir, childFile+"="+file)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("the child: %v (see fillUp and fillRun for the status)\n%s", err, out)
	}
}

// fillUp appends under a limit of 100 bytes more than three lines take: the kernel
// writes a part of the fourth line. fillUp returns 0 when Append reported the
// failure and succeeded once the limit was raised.
func fillUp(dir string) int {
	j, run, err := journal.Resume(dir)
	if err != nil {
		return 10
	}
	before, err := os.Stat(filepath.Join(dir, journal.TrialsFile))
	if err != nil {
		return 17
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		return 11
	}
	tight := syscall.Rlimit{Cur: uint64(before.Size()) + 100, Max: old.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &tight); err != nil {
		return 12
	}
	err = j.Append(sampleTrial(len(run.Trials)))
	if !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), journal.TrialsFile) {
		return 13
	}
	if info, err := os.Stat(filepath.Join(dir, journal.TrialsFile)); err != nil || info.Size() != before.Size() {
		return 14
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		return 15
	}
	if err := j.Append(sampleTrial(len(run.Trials))); err != nil {
		return 16
	}
	return 0
}

func TestFullDiskLeavesNoHalfLine(t *testing.T) {
	t.Parallel()
	dir := create(t, 3)
	withLimit(t, dir, journal.TrialsFile)
	if got := len(open(t, dir).Trials); got != 4 {
		t.Errorf("%d trials, want the 3 before and the 1 after the limit was raised", got)
	}
}

// fillRun changes the run under a limit that run.json does not fit into. It
// returns 0 when UpdateRun reported the failure, left the old file in its place,
// and succeeded once the limit was raised.
func fillRun(dir string) int {
	j, run, err := journal.Resume(dir)
	if err != nil {
		return 20
	}
	before, err := os.ReadDir(dir)
	if err != nil {
		return 21
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		return 22
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 10, Max: old.Max}); err != nil {
		return 23
	}
	run.Plan.Name = "changed"
	if err := j.UpdateRun(run); !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), journal.RunFile) {
		return 24
	}
	if got, err := journal.Open(dir); err != nil || got.Plan.Name != "quick" || len(got.Trials) != 1 {
		return 25
	}
	if after, err := os.ReadDir(dir); err != nil || len(after) != len(before) {
		return 26
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		return 27
	}
	if err := j.UpdateRun(run); err != nil {
		return 28
	}
	return 0
}

func TestFullDiskAtRunJSONKeepsTheOldOne(t *testing.T) {
	t.Parallel()
	dir := create(t, 1)
	withLimit(t, dir, journal.RunFile)
	if got := open(t, dir); got.Plan.Name != "changed" || len(got.Trials) != 1 {
		t.Errorf("with space again: plan %q, %d trials", got.Plan.Name, len(got.Trials))
	}
}
