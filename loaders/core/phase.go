package core

import (
	"sync/atomic"
	"time"

	"github.com/joust-bench/joust/loaders/arrival"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// phase is one phase as every thread gets it. All instants are CLOCK_MONOTONIC
// nanoseconds. Nobody writes to it while it runs, settled apart.
type phase struct {
	loop results.Loop
	// begin is when load starts to flow; t0 and t1 bound the window; end is
	// when the drain is given up.
	begin, t0, t1, end int64
	drain              time.Duration
	schedule           arrival.Schedule
	thinkSpin          int64
	// shedAfter is when a due request is given up, in nanoseconds; 0 for never.
	shedAfter int64
	// count is the number of requests that all threads make together; 0 for no
	// bound.
	count uint64
	// settled is the instant at which a warm-up was found to be steady, 0 for
	// not yet: it ends then, before t1.
	settled atomic.Int64
}

// outcome is what one thread saw of a phase.
type outcome struct {
	record.Ledger
	// now is cumulative over the phase; at0 and at1 are its values at the
	// window's ends.
	now, at0, at1 reading
	thread        int
	minOpen       int
	// queuesRead counts the connections in flight whose receive queue was looked
	// at when the window ended, queuesEmpty the empty ones of those queues.
	queuesRead, queuesEmpty int
	err                     error
}

// reading is what a thread notes at the window's ends.
type reading struct {
	traffic        record.Traffic
	spinNS         int64
	loops, wakeups uint64
	// cpu and runDelay are the loop's, in nanoseconds.
	cpu, runDelay int64
}
