// Package sample reads what a process tree and the machine as a whole used
// between two announced instants: CPU time, memory, the busiest thread, and
// the kernel's own witnesses of trouble on the network.
//
// Instants are CLOCK_MONOTONIC nanoseconds (loaders/clock). Everything is read
// from the kernel's own files: gopsutil's process CPU times come in ticks of
// 10 ms, its peak memory is always 0, its list of children forks a pgrep, and
// it knows neither threads' time nor cgroups nor /proc/net/netstat.
package sample

import "github.com/joust-bench/joust/results"

// Values of results.Usage.CPUSource.
const (
	// SourceCgroup is the cpu.stat file of the tree's own cgroup, in
	// microseconds, ended processes included.
	SourceCgroup = "cgroup"
	// SourceClocks is the sum of the processes' CPU clocks, in nanoseconds.
	SourceClocks = "process clocks"
	// SourceClocksReaped is SourceClocks plus the time of children that ended
	// and were waited for, which the kernel tells in ticks.
	SourceClocksReaped = "process clocks, ended children in ticks"
	// SourceCPUAcct is the cpuacct.usage file of a container's control group
	// of version 1, in nanoseconds, ended processes included.
	SourceCPUAcct = "cgroup v1"
)

// Tree names the processes that are sampled.
type Tree struct {
	// Root is the pid of the first process. Without a cgroup the tree is what
	// descends from it.
	Root int
	// Cgroup is the absolute path of the tree's own cgroup2 directory, empty
	// when there is none. With a cgroup the tree is what is in it and below.
	Cgroup string
	// V1 are the control groups of version 1, where an engine of containers
	// uses them; nil otherwise. They tell the processes, CPU time and memory,
	// and Cgroup beside them only the pressure.
	V1 *GroupsV1
}

// GroupsV1 are the absolute paths of a container's directories in the
// hierarchies of control groups of version 1.
type GroupsV1 struct {
	CPUAcct string
	// Memory is empty where that controller is not there.
	Memory string
}

// group is the directory that lists the tree's processes, empty without a
// control group.
func (t Tree) group() string {
	if t.V1 != nil {
		return t.V1.CPUAcct
	}
	return t.Cgroup
}

// System is what the machine as a whole did in a window.
type System struct {
	// Busy is, per processor number, 1 − the idle share of the window, 0 to 1.
	// Idle includes waiting for disks.
	Busy map[int]float64
	// Interrupts is, per processor number, the share of the window spent in
	// interrupts, 0 to 1, in ticks of 10 ms.
	Interrupts map[int]float64
	// Steal is the share of the window that the hypervisor took from all
	// online processors together, 0 to 1.
	Steal float64
	// Kernel holds the differences of the network namespace's counters.
	Kernel results.Kernel
	// ReadT0NS and ReadT1NS are the instants at which the counters were read.
	ReadT0NS, ReadT1NS int64
}

// BusyOf is the mean busy share of the processors, 0 to 1. It is false when
// there are none or one of them was not read.
func (s System) BusyOf(cpus []int) (float64, bool) { return meanOf(s.Busy, cpus) }

// InterruptsOf is the mean share of the processors spent in interrupts, as
// BusyOf.
func (s System) InterruptsOf(cpus []int) (float64, bool) { return meanOf(s.Interrupts, cpus) }

func meanOf(shares map[int]float64, cpus []int) (float64, bool) {
	if len(cpus) == 0 {
		return 0, false
	}
	sum := 0.0
	for _, cpu := range cpus {
		share, ok := shares[cpu]
		if !ok {
			return 0, false
		}
		sum += share
	}
	return sum / float64(len(cpus)), true
}
