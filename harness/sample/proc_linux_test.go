package sample

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestFilesGrowTheirBuffer(t *testing.T) {
	t.Parallel()
	f := newFiles()
	for _, size := range []int{0, 1, 8<<10 - 1, 8 << 10, 100_000, 3} {
		path := filepath.Join(t.TempDir(), "file")
		want := bytes.Repeat([]byte{'x'}, size)
		if err := os.WriteFile(path, want, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := f.read(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes read of %d, %v", len(got), size, err)
		}
	}
	if _, err := f.read(t.TempDir() + "/none"); !gone(err) {
		t.Errorf("error %v for a file that does not exist", err)
	}
}

func TestTreeLeavesOthersOut(t *testing.T) {
	t.Parallel()
	p, other := start(t, "parent"), start(t, "sleep")
	pids, err := p.tree().pids(newFiles())
	if err != nil {
		t.Fatal(err)
	}
	if len(pids) != 2 || !slices.Contains(pids, p.cmd.Process.Pid) || slices.Contains(pids, other.cmd.Process.Pid) {
		t.Errorf("processes %v of %d, which has one child; %d is another's", pids, p.cmd.Process.Pid, other.cmd.Process.Pid)
	}
}

// BenchmarkPoll is the price of one point of a timeline.
func BenchmarkPoll(b *testing.B) {
	tree, f := Tree{Root: os.Getpid()}, newFiles()
	pids := []int{tree.Root}
	for b.Loop() {
		if _, err := tree.snapshot(f, pids); err != nil {
			b.Fatal(err)
		}
		if _, err := f.memory(pids); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWalk is the price of finding a tree without a cgroup.
func BenchmarkWalk(b *testing.B) {
	tree, f := Tree{Root: os.Getpid()}, newFiles()
	for b.Loop() {
		if _, err := tree.pids(f); err != nil {
			b.Fatal(err)
		}
	}
}
