// Package arrival says when the next exchange may start: pure arithmetic on
// nanoseconds, with no clock and no goroutine in it.
package arrival

// Schedule makes the cursors of an open-loop phase, one a loader thread.
type Schedule interface {
	// Cursor returns the stream of one shard of shards. Instants are
	// nanoseconds since the schedule's start. Constant shards are
	// phase-shifted against each other; Poisson shards are independent
	// streams of the seed.
	Cursor(shard, shards int, seed uint64) Cursor
}

// Cursor walks through one shard's intended instants, in order.
type Cursor interface {
	// Next is the next intended instant in nanoseconds since the schedule's
	// start; ok is false when there is none any more.
	Next() (t int64, ok bool)
}
