//go:build unix

package portable

import "syscall"

// cpuTime is the CPU time of this process in nanoseconds, user and system
// together; 0 where the system does not tell.
func cpuTime() int64 {
	var use syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &use) != nil {
		return 0
	}
	return use.Utime.Nano() + use.Stime.Nano()
}
