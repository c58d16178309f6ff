package clock

import (
	"fmt"
	"math"
	"time"

	"golang.org/x/sys/unix"
)

// systemOffset is what must be added to the time since base to get
// CLOCK_MONOTONIC. Go's monotonic reading is the same clock from another zero,
// so the closest of several paired readings gives it to within their cost.
func systemOffset(base time.Time) int64 {
	best, offset := int64(math.MaxInt64), int64(0)
	for range 16 {
		before := int64(time.Since(base))
		var ts unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
			return 0
		}
		after := int64(time.Since(base))
		if after-before < best {
			best = after - before
			offset = ts.Nano() - (before + best/2)
		}
	}
	return offset
}

// ProcessCPU is the CPU time that this process has used, in nanoseconds.
func ProcessCPU() (int64, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts); err != nil {
		return 0, fmt.Errorf("reading the process's CPU clock: %w", err)
	}
	return ts.Nano(), nil
}
