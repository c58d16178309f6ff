package arrival

import (
	"fmt"
	"math/bits"
	"time"
)

// Burst has size arrivals at once, at 0 and after each interval. Shards share
// every burst as evenly as its size allows.
func Burst(size int, every time.Duration) (Schedule, error) {
	switch {
	case size < 1:
		return nil, fmt.Errorf("burst of %d arrivals: give a size of at least 1", size)
	case every <= 0:
		return nil, fmt.Errorf("burst every %v: give an interval above 0", every)
	}
	return byFormula(func(k uint64) (int64, bool) {
		hi, t := bits.Mul64(k/uint64(size), uint64(every))
		if hi != 0 || t > maxInstant {
			return 0, false
		}
		return int64(t), true
	}), nil
}
