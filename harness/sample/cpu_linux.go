package sample

import (
	"fmt"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/loaders/clock"
)

// tick is the unit of the times in /proc/PID/stat. It is 10 ms on every
// architecture that Go runs on: USER_HZ is part of the kernel's interface.
const tick = 10 * time.Millisecond

// snapshot holds the CPU counters of a tree at one instant: either those of
// its cgroup or those of every process.
type snapshot struct {
	at    int64
	group *groupStat
	procs map[int]procCPU
}

// procCPU is the CPU time of one process since it started.
type procCPU struct {
	clock int64 // nanoseconds
	procStat
}

// snapshot reads the counters now. pids is used without a cgroup only.
func (t Tree) snapshot(f *files, pids []int) (snapshot, error) {
	s := snapshot{at: clock.Now()}
	if t.V1 != nil {
		group, err := f.groupV1(*t.V1)
		if err != nil {
			return s, fmt.Errorf("read the CPU time of %s: %w", t, err)
		}
		s.group = &group
		return s, nil
	}
	if t.Cgroup != "" {
		path := filepath.Join(t.Cgroup, "cpu.stat")
		text, err := f.read(path)
		if err != nil {
			return s, fmt.Errorf("read the CPU time of %s: %w", t, err)
		}
		group, err := parseCPUStat(text)
		if err != nil {
			return s, fmt.Errorf("read the CPU time of %s: %s: %w", t, path, err)
		}
		s.group = &group
		return s, nil
	}
	s.procs = make(map[int]procCPU, len(pids))
	for _, pid := range pids {
		p, err := f.processCPU(pid)
		if gone(err) {
			continue
		}
		if err != nil {
			return s, fmt.Errorf("read the CPU time of process %d: %w", pid, err)
		}
		s.procs[pid] = p
	}
	return s, nil
}

func (f *files) processCPU(pid int) (procCPU, error) {
	stat, err := f.stat(pid)
	if err != nil {
		return procCPU{}, err
	}
	ns, err := processClock(pid)
	return procCPU{clock: ns, procStat: stat}, err
}

// processClock is the CPU time of all threads of a process, ended ones too, in
// nanoseconds. The clock's number is made of the pid as in
// clock_getcpuclockid(3), which works across users.
func processClock(pid int) (int64, error) {
	var ts unix.Timespec
	err := unix.ClockGettime(int32(^pid<<3|2), &ts)
	if err == unix.EINVAL { // the kernel's word for "no such process" here
		err = unix.ESRCH
	}
	return ts.Nano(), err
}

// cpuUse is what a tree used between two snapshots, in nanoseconds.
type cpuUse struct {
	total, user, system int64
	source              string
	throttled           *int64
	periods             int64 // in which a quota held the tree back
	vanished            int   // processes of the first snapshot that ended
	lost                int64 // CPU time of ended processes that nobody took over
}

// difference subtracts two snapshots of the same tree.
func difference(a, b snapshot) cpuUse {
	if a.group != nil && b.group != nil {
		return groupDifference(*a.group, *b.group)
	}
	use := cpuUse{source: SourceClocks}
	var user, system, reaped int64
	for pid, p := range b.procs {
		before, known := a.procs[pid]
		if !known || before.start != p.start {
			before = procCPU{} // born in the window: all of it counts
		}
		use.total += p.clock - before.clock
		user += p.utime + p.cutime - before.utime - before.cutime
		system += p.stime + p.cstime - before.stime - before.cstime
		reaped += p.cutime + p.cstime - before.cutime - before.cstime
	}
	// Whoever waits for a process inherits its whole time, also that from
	// before the window, which therefore is taken off again.
	inherited := reaped * int64(tick)
	for pid, p := range a.procs {
		if after, still := b.procs[pid]; still && after.start == p.start {
			continue
		}
		use.vanished++
		user -= p.utime + p.cutime
		system -= p.stime + p.cstime
		inherited -= p.clock + (p.cutime+p.cstime)*int64(tick)
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

func groupDifference(a, b groupStat) cpuUse {
	use := cpuUse{
		source: b.source,
		total:  b.usage - a.usage,
		user:   b.user - a.user,
		system: b.system - a.system,
	}
	if a.throttled != nil && b.throttled != nil {
		ns := *b.throttled - *a.throttled
		use.throttled = &ns
	}
	if a.periods != nil && b.periods != nil {
		use.periods = *b.periods - *a.periods
	}
	return use
}
