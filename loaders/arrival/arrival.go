// Package arrival says when the next exchange may start: pure arithmetic on
// nanoseconds, with no clock and no goroutine in it.
package arrival

import (
	"fmt"
	"math"
)

// Schedule makes the cursor of one shard of shards, from 0 to shards − 1. The seed
// decides where chance does.
type Schedule func(shard, shards int, seed uint64) Cursor

// Cursor returns the stream of one shard of shards. Fewer than one shard counts as
// one; a shard that does not exist has no arrivals.
func (s Schedule) Cursor(shard, shards int, seed uint64) Cursor {
	shards = max(shards, 1)
	if shard < 0 || shard >= shards {
		return func() (int64, bool) { return 0, false }
	}
	return s(shard, shards, seed)
}

// Share returns the schedule of one of several loaders. The shards of all loaders
// together make the whole schedule, however many each divides its own share into.
// Index is from 0 to of − 1.
func (s Schedule) Share(index, of int) Schedule {
	return func(shard, shards int, seed uint64) Cursor { return s.Cursor(index+of*shard, of*shards, seed) }
}

// Cursor walks through one shard's intended instants, in order.
type Cursor func() (t int64, ok bool)

// Next returns the next intended instant in nanoseconds since the schedule's start;
// ok is false when there is none any more.
func (c Cursor) Next() (t int64, ok bool) { return c() }

// byFormula makes a schedule that chance has no part in. instant returns the instant
// of arrival k, counted from 0; ok is false beyond maxInstant, and for all later k.
// The shards share the arrivals in turn: their union is the schedule.
func byFormula(instant func(k uint64) (t int64, ok bool)) Schedule {
	return func(shard, shards int, _ uint64) Cursor {
		k, step, ended := uint64(shard), uint64(shards), false
		return func() (int64, bool) {
			if ended {
				return 0, false
			}
			t, ok := instant(k)
			k += step
			ended = !ok || k < step // the number wrapped around
			return t, ok
		}
	}
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
