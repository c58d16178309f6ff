// Package arrival says when the next exchange may start: pure arithmetic on
// nanoseconds, with no clock and no goroutine in it.
package arrival

import (
	"fmt"
	"math"
)

// Schedule makes the cursors of an open-loop phase, one a loader thread.
type Schedule interface {
	// Cursor returns the stream of one shard of shards. Fewer than one shard
	// counts as one; a shard that does not exist has no arrivals. The seed
	// decides where chance does.
	Cursor(shard, shards int, seed uint64) Cursor
}

// Cursor walks through one shard's intended instants, in order.
type Cursor interface {
	// Next returns the next intended instant in nanoseconds since the
	// schedule's start; ok is false when there is none any more.
	Next() (t int64, ok bool)
}

// The rates that a schedule accepts, in arrivals per second. The lower bound
// keeps the exact arithmetic within 128 bits, the upper one is one arrival a
// nanosecond.
const (
	MinRate = 0.001
	MaxRate = 1e9
)

const (
	nsPerSecond = 1_000_000_000
	// maxInstant bounds every schedule, in nanoseconds: 146 years. Sums of two
	// instants stay within an int64.
	maxInstant = math.MaxInt64 / 2
)

func checkRate(what string, rate float64) error {
	if !(rate >= MinRate && rate <= MaxRate) { // NaN fails both
		return fmt.Errorf("%s of %v per second: give a rate from %v to %v", what, rate, MinRate, MaxRate)
	}
	return nil
}

// formula is a schedule that chance has no part in. It returns the instant of
// arrival k, counted from 0; ok is false beyond maxInstant, and for all later k.
// Its shards share the arrivals in turn, so that their union is the schedule.
type formula func(k uint64) (t int64, ok bool)

// Cursor implements Schedule. The seed has no effect.
func (f formula) Cursor(shard, shards int, _ uint64) Cursor {
	shards = max(shards, 1)
	return &formulaCursor{instant: f, k: uint64(shard), step: uint64(shards), ended: shard < 0 || shard >= shards}
}

type formulaCursor struct {
	instant formula
	k, step uint64
	ended   bool
}

// Next implements Cursor.
func (c *formulaCursor) Next() (int64, bool) {
	if c.ended {
		return 0, false
	}
	t, ok := c.instant(c.k)
	c.k += c.step
	c.ended = !ok || c.k < c.step // the number wrapped around
	return t, ok
}
