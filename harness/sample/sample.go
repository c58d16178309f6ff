// Package sample reads the usage of a process tree and of the machine as a whole
// between two announced instants: CPU time, memory, the busiest thread, and the
// kernel's own counters of trouble on the network.
//
// Instants are CLOCK_MONOTONIC nanoseconds (loaders/clock). Everything is read
// from the kernel's own files: gopsutil's process CPU times come in ticks of
// 10 ms, its peak memory is always 0, its list of children forks a pgrep, and
// it knows neither threads' time nor cgroups nor /proc/net/netstat.
package sample

import (
	"cmp"
	"time"

	"github.com/joust-bench/joust/harness/tree"
	"github.com/joust-bench/joust/results"
)

// Values of results.Usage.CPUSource.
const (
	// SourceCgroup is the cpu.stat file of the tree's own cgroup, in
	// microseconds, ended processes included.
	SourceCgroup = "cgroup"
	// SourceClocks is the sum of the processes' CPU clocks, in nanoseconds.
	SourceClocks = "process clocks"
	// SourceClocksReaped is SourceClocks plus the time of children that ended
	// and were waited for, which the kernel counts in ticks.
	SourceClocksReaped = "process clocks, ended children in ticks"
	// SourceCPUAcct is the cpuacct.usage file of a container's control group
	// of version 1, in nanoseconds, ended processes included.
	SourceCPUAcct = "cgroup v1"
)

// Tree names the processes that are sampled.
type Tree struct {
	// Root is the pid of the first process. Without a cgroup the tree is that
	// process and its descendants.
	Root int
	// Groups are the tree's own control groups, none where they are empty. With
	// one, the tree is the processes in it and below. CPUAcctV1 comes
	// before Unified, which then gives the pressure alone.
	tree.Groups
}

// group returns the directory that lists the tree's processes, empty without a
// control group.
func (t Tree) group() string { return cmp.Or(t.CPUAcctV1, t.Unified) }

// Used is the usage of a tree of processes since it began.
type Used struct {
	// CPU is user and system time together.
	CPU time.Duration
	// PeakMemoryBytes is the sum of the kernel's own peaks, since ResetPeak.
	PeakMemoryBytes uint64
}

// System holds the counters of the machine as a whole over a window.
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
	// EnergyJoules is what the processor packages used in the window; nil where the
	// machine has no counters that joust may read.
	EnergyJoules *float64
	// Kernel holds the differences of the network namespace's counters.
	Kernel results.Kernel
	// ReadT0NS and ReadT1NS are the instants at which the counters were read.
	ReadT0NS, ReadT1NS int64
}

// BusyOf returns the mean busy share of the processors, 0 to 1, and false when
// there are none or one of them was not read.
func (s System) BusyOf(cpus []int) (float64, bool) { return meanOf(s.Busy, cpus) }

// InterruptsOf returns the mean share of the processors spent in interrupts, like
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

// Counters are the kernel's counters of trouble at one instant, by name.
type Counters map[string]int64

// Since returns the differences from an earlier reading to this one. A counter
// that is missing in either, or ran backwards, is absent.
func (c Counters) Since(before Counters) results.Kernel {
	grown := func(name string) *int64 {
		from, ok0 := before[name]
		to, ok1 := c[name]
		if !ok0 || !ok1 || to < from {
			return nil
		}
		return new(to - from)
	}
	count := func(name string) *uint64 {
		if n := grown(name); n != nil {
			return new(uint64(*n))
		}
		return nil
	}
	return results.Kernel{
		RetransmittedSegments: count("Tcp.RetransSegs"),
		ResetsSent:            count("Tcp.OutRsts"),
		EstabResets:           count("Tcp.EstabResets"),
		ListenOverflows:       count("TcpExt.ListenOverflows"),
		ListenDrops:           count("TcpExt.ListenDrops"),
		DelayedACKs:           count("TcpExt.DelayedACKs"),
		CPUPressureNS:         grown("Pressure.cpu"),
		MemoryPressureNS:      grown("Pressure.memory"),
		IOPressureNS:          grown("Pressure.io"),
	}
}
