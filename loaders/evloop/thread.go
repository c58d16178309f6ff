//go:build linux

package evloop

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// prepareThread pins the calling thread, which the caller has locked, and asks
// the kernel for exact timers.
func prepareThread(cpu int) error {
	if cpu >= 0 {
		var set unix.CPUSet
		set.Set(cpu)
		if err := unix.SchedSetaffinity(0, &set); err != nil {
			return fmt.Errorf("pinning a loader thread to CPU %d: %w", cpu, err)
		}
	}
	// The default slack of 50 µs would be added to every wait (prctl(2),
	// PR_SET_TIMERSLACK); 1 ns is the least that can be asked.
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("setting the timer slack of a loader thread: %w", err)
	}
	return nil
}

// threadClocks are the kernel's own counters of one thread, in nanoseconds.
type threadClocks struct {
	cpu int64
	// runDelay is the time runnable without a processor; -1 when the kernel
	// does not tell.
	runDelay int64
}

// readThreadClocks reads the counters of the calling thread.
func readThreadClocks(schedstat *os.File) threadClocks {
	c := threadClocks{cpu: threadCPU(), runDelay: -1}
	if schedstat == nil {
		return c
	}
	var buf [96]byte
	n, err := schedstat.ReadAt(buf[:], 0)
	if n == 0 && err != nil {
		return c
	}
	fields := strings.Fields(string(buf[:n]))
	if len(fields) < 2 {
		return c
	}
	if delay, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
		c.runDelay = delay
	}
	return c
}

// threadCPU is the CPU time of the calling thread, in nanoseconds; 0 where the
// kernel does not tell.
func threadCPU() int64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts) != nil {
		return 0
	}
	return ts.Nano()
}

// openSchedstat opens the scheduler's account of the calling thread; nil where
// the kernel keeps none.
func openSchedstat() *os.File {
	f, err := os.Open(fmt.Sprintf("/proc/self/task/%d/schedstat", unix.Gettid()))
	if err != nil {
		return nil
	}
	return f
}
