//go:build linux

package epoll

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Enter implements backend.Loop: it locks the goroutine to its thread, pins that
// and asks the kernel for exact timers. The thread keeps its affinity and timer
// slack, so it ends with its goroutine: it is never unlocked.
func (l *loop) Enter(cpu int) error {
	runtime.LockOSThread()
	l.schedstat = openSchedstat()
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

// CPU implements backend.Loop.
func (l *loop) CPU() int64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts) != nil {
		return 0
	}
	return ts.Nano()
}

// RunDelay implements backend.Loop.
func (l *loop) RunDelay() int64 {
	if l.schedstat == nil {
		return -1
	}
	var buf [96]byte
	n, err := l.schedstat.ReadAt(buf[:], 0)
	if n == 0 && err != nil {
		return -1
	}
	fields := strings.Fields(string(buf[:n]))
	if len(fields) < 2 {
		return -1
	}
	delay, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return -1
	}
	return delay
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
