package sample

import (
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/tree"
)

const ms = int64(time.Millisecond)

// proc returns a process at an instant: its clock in milliseconds, its user and its
// reaped children's user time in ticks, its start time.
func proc(clockMS, user, reaped int64, start uint64) processCPU {
	return processCPU{clock: clockMS * ms, Process: tree.Process{User: user, ReapedUser: reaped, Start: start}}
}

func TestDifference(t *testing.T) {
	t.Parallel()
	type procs = map[int]processCPU
	tests := []struct {
		name        string
		a, b        procs
		total, user int64 // milliseconds
		source      string
		vanished    int
		lost        int64 // milliseconds
	}{
		{
			name: "one process", a: procs{1: proc(100, 10, 0, 5)}, b: procs{1: proc(150, 15, 0, 5)},
			total: 50, user: 50, source: SourceClocks,
		},
		{
			name: "born in the window", a: procs{1: proc(100, 10, 0, 5)}, b: procs{1: proc(100, 10, 0, 5), 2: proc(30, 3, 0, 9)},
			total: 30, user: 30, source: SourceClocks,
		},
		{
			name: "born and waited for in the window", a: procs{1: proc(100, 10, 2, 5)}, b: procs{1: proc(110, 11, 6, 5)},
			total: 50, user: 50, source: SourceClocksReaped,
		},
		{
			// The child had used 200 ms before and uses 40 in the window: the
			// parent inherits 240.
			name: "waited for", a: procs{1: proc(0, 0, 0, 5), 2: proc(200, 20, 0, 6)}, b: procs{1: proc(0, 0, 24, 5)},
			total: 40, user: 40, source: SourceClocksReaped, vanished: 1,
		},
		{
			name: "nobody waited", a: procs{1: proc(0, 0, 0, 5), 2: proc(200, 20, 0, 6)}, b: procs{1: proc(10, 1, 0, 5)},
			total: 10, user: 0, source: SourceClocks, vanished: 1, lost: 200,
		},
		{
			name: "number used again", a: procs{1: proc(0, 0, 0, 5), 2: proc(200, 20, 0, 6)}, b: procs{1: proc(0, 0, 20, 5), 2: proc(7, 0, 0, 8)},
			total: 7, user: 0, source: SourceClocksReaped, vanished: 1,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := difference(snapshot{procs: tt.a}, snapshot{procs: tt.b})
			if got.total != tt.total*ms || got.user != tt.user*ms || got.source != tt.source || got.vanished != tt.vanished || got.lost != tt.lost*ms {
				t.Errorf("got %+v, want %+v", got, tt)
			}
			if warned := got.warning() != ""; warned != (tt.vanished > 0) {
				t.Errorf("warning %q with %d vanished", got.warning(), tt.vanished)
			}
		})
	}
}

func TestGroupDifference(t *testing.T) {
	t.Parallel()
	a := groupCPU{total: 10 * ms, user: 6 * ms, system: 4 * ms}
	b := groupCPU{total: 30 * ms, user: 16 * ms, system: 14 * ms, source: SourceCgroup}
	got := difference(snapshot{group: &a}, snapshot{group: &b})
	if want := (cpuUse{total: 20 * ms, user: 10 * ms, system: 10 * ms, source: SourceCgroup}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestBusiestOfReadings(t *testing.T) {
	t.Parallel()
	times := func(at int64, ns map[int]int64) threadTimes { return threadTimes{at: at, ns: ns} }
	tests := []struct {
		name string
		a, b threadTimes
		want float64 // below 0: absent
	}{
		{"largest difference, not largest sum", times(0, map[int]int64{1: 900, 2: 10}), times(100, map[int]int64{1: 920, 2: 60}), 0.5},
		{"born in the window", times(0, map[int]int64{1: 0}), times(100, map[int]int64{1: 1, 2: 70}), 0.7},
		{"number used again", times(0, map[int]int64{1: 500}), times(100, map[int]int64{1: 30}), 0.3},
		{"never above the window", times(0, map[int]int64{1: 0}), times(100, map[int]int64{1: 103}), 1},
		{"nothing read", times(0, nil), times(100, map[int]int64{1: 103}), -1},
		{"no window", times(5, map[int]int64{1: 0}), times(5, map[int]int64{1: 0}), -1},
	}
	for _, tt := range tests {
		switch got := busiest(tt.a, tt.b); {
		case got == nil && tt.want >= 0, got != nil && *got != tt.want:
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
