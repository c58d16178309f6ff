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
	return burst{size: uint64(size), every: uint64(every)}, nil
}

type burst struct{ size, every uint64 }

func (b burst) Cursor(shard, shards int, _ uint64) Cursor {
	return &burstCursor{burst: b, comb: combOf(shard, shards)}
}

type burstCursor struct {
	burst burst
	comb  comb
}

func (c *burstCursor) Next() (int64, bool) {
	k, ok := c.comb.next()
	if !ok {
		return 0, false
	}
	hi, t := bits.Mul64(k/c.burst.size, c.burst.every)
	if hi != 0 || t > maxInstant {
		c.comb.ended = true
		return 0, false
	}
	return int64(t), true
}
