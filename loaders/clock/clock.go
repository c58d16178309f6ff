// Package clock reads the machine's monotonic clock as plain nanoseconds. On
// Linux the instants are CLOCK_MONOTONIC and can be compared between
// processes; elsewhere they are comparable within one process only.
package clock

import (
	"fmt"
	"syscall"
	"time"
)

var (
	base   = time.Now()
	offset = systemOffset(base)
)

// Now returns the monotonic time in nanoseconds. It costs one vDSO call and does
// not allocate.
func Now() int64 { return offset + int64(time.Since(base)) }

// Until returns the time until the instant, negative when it has passed.
func Until(at int64) time.Duration { return time.Duration(at - Now()) }

// ProcessCPU returns the CPU time that this process has used, in nanoseconds.
func ProcessCPU() (int64, error) {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		return 0, fmt.Errorf("reading the process's CPU clock: %w", err)
	}
	return use.Utime.Nano() + use.Stime.Nano(), nil
}
