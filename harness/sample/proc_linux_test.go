package sample

import (
	"os"
	"slices"
	"testing"
)

func TestTreeLeavesOthersOut(t *testing.T) {
	t.Parallel()
	p, other := start(t, "parent"), start(t, "sleep")
	pids, err := p.tree().pids(new(files))
	if err != nil {
		t.Fatal(err)
	}
	if len(pids) != 2 || !slices.Contains(pids, p.cmd.Process.Pid) || slices.Contains(pids, other.cmd.Process.Pid) {
		t.Errorf("processes %v of %d, which has one child; %d is another's", pids, p.cmd.Process.Pid, other.cmd.Process.Pid)
	}
}

// BenchmarkPoll is the price of one point of a timeline.
func BenchmarkPoll(b *testing.B) {
	tree, f := Tree{Root: os.Getpid()}, new(files)
	pids := []int{tree.Root}
	for b.Loop() {
		if _, err := tree.snapshot(f, pids); err != nil {
			b.Fatal(err)
		}
		if _, err := tree.memory(f, pids); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWalk is the price of finding a tree without a cgroup.
func BenchmarkWalk(b *testing.B) {
	tree, f := Tree{Root: os.Getpid()}, new(files)
	for b.Loop() {
		if _, err := tree.pids(f); err != nil {
			b.Fatal(err)
		}
	}
}
