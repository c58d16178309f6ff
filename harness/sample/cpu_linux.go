package sample

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/harness/tree"
	"github.com/joust-bench/joust/loaders/clock"
)

// tick is the unit of the times in /proc/PID/stat. It is 10 ms on every
// architecture that Go runs on: USER_HZ is part of the kernel's interface.
const tick = 10 * time.Millisecond

// snapshot holds the CPU counters of a tree at one instant: those of its
// control group, or those of every process.
type snapshot struct {
	at    int64
	group *groupCPU
	procs map[int]processCPU
}

// processCPU is the CPU time of one process since it started.
type processCPU struct {
	clock int64 // nanoseconds
	tree.Process
}

// snapshot reads the counters now. pids is used without a cgroup only.
func (t Tree) snapshot(f *files, pids []int) (snapshot, error) {
	s := snapshot{at: clock.Now()}
	if t.group() != "" {
		group, err := f.groupCPU(t)
		if err != nil {
			return s, fmt.Errorf("read the CPU time of %s: %w", t, err)
		}
		s.group = &group
		return s, nil
	}
	s.procs = make(map[int]processCPU, len(pids))
	for _, pid := range pids {
		p, err := f.Lookup(pid)
		var ns int64
		if err == nil {
			ns, err = processClock(pid)
		}
		if gone(err) {
			continue
		}
		if err != nil {
			return s, fmt.Errorf("read the CPU time of process %d: %w", pid, err)
		}
		s.procs[pid] = processCPU{clock: ns, Process: p}
	}
	return s, nil
}

// processClock returns the CPU time of all threads of a process, ended ones
// too, in nanoseconds. The clock's number is made of the pid as in
// clock_getcpuclockid(3), which works across users.
func processClock(pid int) (int64, error) {
	var ts unix.Timespec
	err := unix.ClockGettime(int32(^pid<<3|2), &ts)
	if err == unix.EINVAL { // here the error for "no such process"
		err = unix.ESRCH
	}
	return ts.Nano(), err
}

// cpuUse is the CPU time of a tree between two snapshots, in nanoseconds.
type cpuUse struct {
	total, user, system int64
	source              string
	vanished            int   // processes of the first snapshot that ended
	lost                int64 // CPU time of ended processes that nobody took over
}

// difference subtracts two snapshots of the same tree.
func difference(a, b snapshot) cpuUse {
	if a.group != nil && b.group != nil {
		return cpuUse{
			source: b.group.source, total: b.group.total - a.group.total,
			user: b.group.user - a.group.user, system: b.group.system - a.group.system,
		}
	}
	use := cpuUse{source: SourceClocks}
	var user, system, reaped int64 // ticks
	for pid, p := range b.procs {
		before, known := a.procs[pid]
		if !known || before.Start != p.Start {
			before = processCPU{} // born in the window: all of it counts
		}
		use.total += p.clock - before.clock
		user += p.User + p.ReapedUser - before.User - before.ReapedUser
		system += p.System + p.ReapedSystem - before.System - before.ReapedSystem
		reaped += p.ReapedUser + p.ReapedSystem - before.ReapedUser - before.ReapedSystem
	}
	// A process that reaps another one inherits its whole time. The time from
	// before the window is taken off again.
	inherited := reaped * int64(tick)
	for pid, p := range a.procs {
		if after, still := b.procs[pid]; still && after.Start == p.Start {
			continue
		}
		use.vanished++
		user -= p.User + p.ReapedUser
		system -= p.System + p.ReapedSystem
		inherited -= p.clock + (p.ReapedUser+p.ReapedSystem)*int64(tick)
	}
	if inherited < 0 {
		use.lost, inherited = -inherited, 0
	}
	if reaped > 0 {
		use.source = SourceClocksReaped
	}
	use.total += inherited
	use.user, use.system = max(user, 0)*int64(tick), max(system, 0)*int64(tick)
	return use
}
