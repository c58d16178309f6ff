// Package clock reads the machine's monotonic clock as plain nanoseconds. On
// Linux the instants are CLOCK_MONOTONIC and can be compared between
// processes; elsewhere they are comparable within one process only.
package clock

import "time"

var (
	base   = time.Now()
	offset = systemOffset(base)
)

// Now is the monotonic time in nanoseconds. It costs one vDSO call and does
// not allocate.
func Now() int64 { return offset + int64(time.Since(base)) }

// Until is the time left until the instant, negative when it has passed.
func Until(at int64) time.Duration { return time.Duration(at - Now()) }
