package sample

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/joust-bench/joust/harness/tree"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

// lead is the time before an instant at which the processes and their threads are
// listed, in nanoseconds: at the instant itself only counters are read.
const lead = int64(15 * time.Millisecond)

// Usage waits for t0, reads the counters, polls the timeline every poll (0 for
// none), waits for t1 and reads again. t0 and t1 are CLOCK_MONOTONIC
// nanoseconds. It fails when the tree cannot be read at t0, when a tree without a
// cgroup is gone at t1, and when ctx ends.
func (t Tree) Usage(ctx context.Context, t0, t1 int64, poll time.Duration) (results.Usage, error) {
	u := results.Usage{AskedT0NS: t0, AskedT1NS: t1}
	if t1 <= t0 {
		return u, fmt.Errorf("sample %s: the window ends %v after it begins; it must be longer than 0", t, time.Duration(t1-t0))
	}
	f := new(files)
	first, err := t.begin(ctx, f, t0)
	if err != nil {
		return u, err
	}
	if u.Timeline, err = t.timeline(ctx, f, first, t1, poll); err != nil {
		return u, err
	}
	last, err := t.end(ctx, f, first, t1)
	if err != nil {
		return u, err
	}
	t.fill(f, &u, first, last)
	if poll > 0 && u.Processes > 0 {
		u.Timeline = append(u.Timeline, t.point(f, first, last.cpu, last.memory))
	}
	return u, nil
}

// observation is one reading of the tree at one instant.
type observation struct {
	pids    []int
	cpu     snapshot
	threads threadTimes
	// quotas are the groups with a CPU quota, throttling are their counters.
	quotas     []quotaGroup
	throttling *throttling
	// pressure is the CPU pressure of the tree's own cgroup in nanoseconds,
	// below 0 where there is none.
	pressure int64
	// memory is read at the end of the window alone.
	memory    memoryUse
	memoryErr error
}

// begin reads the counters at the start of a window. The reader may share its
// processor with the loader: only the counters that need the very instant are
// read inside the window.
func (t Tree) begin(ctx context.Context, f *files, at int64) (observation, error) {
	var o observation
	if err := wait(ctx, at-lead); err != nil {
		return o, fmt.Errorf("sample %s: %w", t, err)
	}
	pids, listErr := t.pids(f)
	o.quotas, o.pids, o.threads = f.quotas(pids), pids, f.threads(pids)
	if err := wait(ctx, at); err != nil {
		return o, fmt.Errorf("sample %s: %w", t, err)
	}
	if listErr != nil {
		return o, listErr
	}
	return o, t.count(f, &o)
}

// count reads the counters: first the CPU time, on which the instant matters
// most.
func (t Tree) count(f *files, o *observation) (err error) {
	o.cpu, err = t.snapshot(f, o.pids)
	o.throttling, o.pressure = f.throttling(o.quotas), t.pressure(f)
	return err
}

// end reads the counters at the end of a window: the CPU time first, the others
// when the window is over.
func (t Tree) end(ctx context.Context, f *files, first observation, at int64) (observation, error) {
	o := observation{quotas: first.quotas}
	var err error
	if t.group() == "" {
		if err := wait(ctx, at-lead); err != nil {
			return o, fmt.Errorf("sample %s: %w", t, err)
		}
		if o.pids, err = t.pids(f); err != nil {
			return o, err
		}
	}
	if err := wait(ctx, at); err != nil {
		return o, fmt.Errorf("sample %s: %w", t, err)
	}
	if err := t.count(f, &o); err != nil {
		return o, err
	}
	if t.group() != "" {
		// Where every process ended, the cgroup still knows their time.
		if o.pids, err = t.pids(f); err != nil && !gone(err) {
			return o, err
		}
	}
	o.threads = f.threads(o.pids)
	o.memory, o.memoryErr = t.memory(f, o.pids)
	return o, nil
}

// pressure returns the time in which a thread of the tree was ready and had no
// processor, in nanoseconds; below 0 where that is not known.
func (t Tree) pressure(f *files) int64 {
	text, err := f.Read(t.Unified + "/cpu.pressure") // without a group there is none
	if ns, ok := parsePressure(text); err == nil && ok {
		return ns
	}
	return -1
}

// timeline polls until shortly before the window ends. Without a cgroup it
// keeps to the processes of the window's start: walking all of /proc at every
// poll would disturb the measurement.
func (t Tree) timeline(ctx context.Context, f *files, first observation, t1 int64, poll time.Duration) ([]results.UsageSample, error) {
	if poll <= 0 {
		return nil, nil
	}
	var samples []results.UsageSample
	for at := first.cpu.at + int64(poll); at < t1-lead; at += int64(poll) {
		if err := wait(ctx, at); err != nil {
			return samples, fmt.Errorf("sample %s: %w", t, err)
		}
		pids := first.pids
		if t.group() != "" {
			now, err := t.pids(f)
			if gone(err) {
				return samples, nil // all ended; the reading at t1 says so
			}
			if err != nil {
				return samples, err
			}
			pids = now
		}
		s, err := t.snapshot(f, pids)
		if err != nil {
			return samples, err
		}
		memory, err := t.memory(f, pids)
		if err != nil {
			return samples, err
		}
		samples = append(samples, t.point(f, first, s, memory))
	}
	return samples, nil
}

// point returns one point of a timeline.
func (t Tree) point(f *files, first observation, now snapshot, m memoryUse) results.UsageSample {
	p := results.UsageSample{AtNS: now.at, CPUNS: difference(first.cpu, now).total, MemoryBytes: m.rss}
	if t.split(f, &p); p.AnonymousBytes == nil && m.anonymous > 0 {
		p.AnonymousBytes, p.FileBytes = &m.anonymous, &m.file
	}
	return p
}

// fill writes the differences of two readings.
func (t Tree) fill(f *files, u *results.Usage, first, last observation) {
	use := difference(first.cpu, last.cpu)
	u.ReadT0NS, u.ReadT1NS = first.cpu.at, last.cpu.at
	u.CPUNS, u.UserNS, u.SystemNS = use.total, &use.user, &use.system
	u.CPUSource = use.source
	u.GroupPeakBytes = t.groupPeak(f)
	fillQuota(u, first, last)
	u.BusiestThread = busiest(first.threads, last.threads)
	switch memory := last.memory; {
	case last.memoryErr != nil:
		u.Warnings = append(u.Warnings, last.memoryErr.Error())
	case memory.processes == 0:
		u.Warnings = append(u.Warnings, fmt.Sprintf("every process of %s had ended by the end of the window; its peak memory is not known", t))
	default:
		u.PeakMemoryBytes = &memory.peak
		u.Processes, u.Threads = memory.processes, memory.threads
	}
	if text := use.warning(); text != "" {
		u.Warnings = append(u.Warnings, text)
	}
}

// fillQuota writes the effect of a quota on the tree in the window: of a quota of
// its own group or of one above it.
func fillQuota(u *results.Usage, first, last observation) {
	if first.pressure >= 0 && last.pressure >= first.pressure {
		u.CPUPressureNS = new(last.pressure - first.pressure)
	}
	a, b := first.throttling, last.throttling
	if a == nil || b == nil || b.ns < a.ns {
		return
	}
	ns, periods, throttled := b.ns-a.ns, b.periods-a.periods, b.throttled-a.throttled
	u.ThrottledNS, u.QuotaPeriods, u.ThrottledPeriods, u.QuotaCPUs = &ns, &periods, &throttled, tightest(last.quotas)
	if throttled > 0 {
		u.Warnings = append(u.Warnings, fmt.Sprintf("a CPU quota held the processes back in %d periods", throttled))
	}
}

// warning returns why the CPU time is doubtful, empty where it is not.
func (use cpuUse) warning() string {
	if use.vanished == 0 {
		return ""
	}
	text := fmt.Sprintf("%d of the processes ended inside the window; without a cgroup their last CPU time is known in ticks of 10 ms only", use.vanished)
	if use.lost > int64(2*tick)*int64(use.vanished) {
		text += ", and nobody waited for them: some of it is missing"
	}
	return text
}

// Memory returns the resident memory of the tree now, in bytes: the sum of VmRSS,
// with shared pages counted for each process.
func (t Tree) Memory() (uint64, error) {
	f := new(files)
	pids, err := t.pids(f)
	if err != nil {
		return 0, err
	}
	m, err := t.memory(f, pids)
	return m.rss, err
}

// Used returns the usage of the tree since it began.
func (t Tree) Used() (Used, error) {
	f := new(files)
	pids, err := t.pids(f)
	if err != nil {
		return Used{}, err
	}
	now, err := t.snapshot(f, pids)
	if err != nil {
		return Used{}, err
	}
	m, err := t.memory(f, pids)
	if err != nil {
		return Used{}, err
	}
	began := snapshot{}
	if now.group != nil {
		began.group = &groupCPU{}
	}
	return Used{CPU: time.Duration(difference(began, now).total), PeakMemoryBytes: m.peak}, nil
}

// ResetPeak sets the kernel's memory peak of every process of the tree, and
// that of its control group of version 1, back to the memory in use now.
func (t Tree) ResetPeak() error {
	if err := t.resetGroupPeak(); err != nil {
		return err
	}
	pids, err := t.pids(new(files))
	if err != nil {
		return err
	}
	for _, pid := range pids {
		// 5 is CLEAR_REFS_MM_HIWATER_RSS of proc_pid_clear_refs(5).
		err := os.WriteFile("/proc/"+strconv.Itoa(pid)+"/clear_refs", []byte("5"), 0)
		if err != nil && !gone(err) && !ended(pid) {
			return fmt.Errorf("reset the memory peak of process %d: %w", pid, err)
		}
	}
	return nil
}

// ended reports whether the process is a zombie. Its files in /proc belong to root.
func ended(pid int) bool {
	p, err := tree.Lookup(pid)
	return err == nil && p.Ended()
}

// memory sums over the processes that still live. A zombie is still listed, but
// has no memory.
func (t Tree) memory(f *files, pids []int) (memoryUse, error) {
	var sum memoryUse
	for _, pid := range pids {
		var one memoryUse
		text, err := f.Read("/proc/" + strconv.Itoa(pid) + "/status")
		if err == nil {
			one, err = parseStatus(text)
		}
		if err != nil && !gone(err) {
			return sum, fmt.Errorf("the memory of %s could not be read: %w", t, err)
		}
		if one.peak > 0 {
			sum.rss += one.rss
			sum.anonymous += one.anonymous
			sum.file += one.file
			sum.peak += one.peak
			sum.processes++
			sum.threads += one.threads
		}
	}
	return sum, nil
}

// wait returns at the CLOCK_MONOTONIC instant, or earlier with an error when
// ctx ends.
func wait(ctx context.Context, at int64) error {
	if err := clock.SleepUntil(ctx, at); err != nil {
		return fmt.Errorf("waiting for the window's instant: %w", errors.Join(ctx.Err(), err))
	}
	return nil
}
