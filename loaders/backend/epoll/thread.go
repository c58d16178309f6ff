//go:build linux

package epoll

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Enter implements backend.Loop: it locks the goroutine to its thread, pins the
// thread and asks the kernel for exact timers. The thread keeps its affinity and timer
// slack, so it ends with its goroutine: it is never unlocked.
func (p *poller) Enter(cpu int) error {
	runtime.LockOSThread()
	// The file is nil where the kernel keeps no account; reads of it then fail.
	p.schedstat, _ = os.Open(fmt.Sprintf("/proc/self/task/%d/schedstat", unix.Gettid()))
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
func (p *poller) CPU() int64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts) != nil {
		return 0
	}
	return ts.Nano()
}

// RunDelay implements backend.Loop.
func (p *poller) RunDelay() int64 {
	var buf [96]byte
	n, _ := p.schedstat.ReadAt(buf[:], 0)
	var cpu, delay int64
	if _, err := fmt.Sscan(string(buf[:max(n, 0)]), &cpu, &delay); err != nil {
		return -1
	}
	return delay
}
