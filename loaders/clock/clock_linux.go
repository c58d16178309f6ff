package clock

import (
	"math"
	"time"

	"golang.org/x/sys/unix"
)

// systemOffset returns the CLOCK_MONOTONIC instant of base. Go's monotonic reading is
// the same clock from another zero: the closest of several paired readings gives the
// difference to within their cost.
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
