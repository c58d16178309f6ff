package journal

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// childFolder names the run that a child of the test binary writes to until its
// limit on file sizes stops it; childFile is the file that meets the limit.
const (
	childFolder = "JOUST_JOURNAL_TEST_FOLDER"
	childFile   = "JOUST_JOURNAL_TEST_FILE"
)

func TestMain(m *testing.M) {
	dir := os.Getenv(childFolder)
	switch {
	case dir == "":
		os.Exit(m.Run())
	case os.Getenv(childFile) == RunFile:
		os.Exit(fillRun(dir))
	}
	os.Exit(fillUp(dir))
}

// withLimit runs a child that writes that file of the run in dir.
func withLimit(t *testing.T, dir, file string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childFolder+"="+dir, childFile+"="+file)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("the child: %v (see fillUp and fillRun for the status)\n%s", err, out)
	}
}

// fillUp appends under a limit of 100 bytes more than three lines take, until
// an append fails: so the kernel writes part of the fourth line. It ends with
// 0 when the failure was told and the limit, once raised, let it go on.
func fillUp(dir string) int {
	j, run, err := Resume(dir)
	if err != nil {
		return 10
	}
	before, err := os.Stat(filepath.Join(dir, TrialsFile))
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
	if !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), TrialsFile) {
		return 13
	}
	if info, err := os.Stat(filepath.Join(dir, TrialsFile)); err != nil || info.Size() != before.Size() {
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
	withLimit(t, dir, TrialsFile)
	if got := len(open(t, dir).Trials); got != 4 {
		t.Errorf("%d trials, want the 3 before and the 1 after the limit was raised", got)
	}
}

func TestFullDiskIsToldWithTheFile(t *testing.T) {
	t.Parallel()
	dir := create(t, 0)
	path := filepath.Join(dir, TrialsFile)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", path); err != nil {
		t.Fatal(err)
	}
	full, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	j := &Journal{dir: dir, trials: full}
	err = j.Append(sampleTrial(0))
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "--resume") {
		t.Errorf("Append on a full disk: %v", err)
	}
}

// fillRun changes the run under a limit that run.json does not fit into. It ends
// with 0 when the failure was told, and left the old file alone in its place
// until the limit was raised.
func fillRun(dir string) int {
	j, run, err := Resume(dir)
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
	if err := j.UpdateRun(run); !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), RunFile) {
		return 24
	}
	if got, err := Open(dir); err != nil || got.Plan.Name != "quick" || len(got.Trials) != 1 {
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
	withLimit(t, dir, RunFile)
	if got := open(t, dir); got.Plan.Name != "changed" || len(got.Trials) != 1 {
		t.Errorf("with space again: plan %q, %d trials", got.Plan.Name, len(got.Trials))
	}
}
