package trial

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results"
)

func TestUsageOfTwoLoaders(t *testing.T) {
	t.Parallel()
	one, two := uint64(1), uint64(2)
	small, large := 0.4, 0.9
	a := results.Usage{ReadT0NS: 10, ReadT1NS: 20, CPUNS: 5, PeakMemoryBytes: &one, BusiestThread: &small, Processes: 1, Threads: 3, CPUSource: "cgroup"}
	b := results.Usage{ReadT0NS: 9, ReadT1NS: 21, CPUNS: 7, PeakMemoryBytes: &two, BusiestThread: &large, Processes: 1, Threads: 4, Warnings: []string{"late"}}
	three := uint64(3)
	want := results.Usage{
		ReadT0NS: 9, ReadT1NS: 21, CPUNS: 12, PeakMemoryBytes: &three, BusiestThread: &large, Processes: 2, Threads: 7, CPUSource: "cgroup", Warnings: []string{"late"},
	}
	if d := cmp.Diff(want, together(a, b)); d != "" {
		t.Error(d)
	}
	b.BusiestThread = nil
	if got := together(a, b); got.BusiestThread != nil || *a.BusiestThread != small {
		t.Error("a figure of one loader only stands for both")
	}
}
