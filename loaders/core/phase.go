package core

import (
	"sync/atomic"
	"time"

	"github.com/joust-bench/joust/loaders/arrival"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// phase is one phase on the clock, shared by all threads. All instants are
// CLOCK_MONOTONIC nanoseconds. Only settled changes while it runs.
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
	// settled is the instant before t1 at which a steady warm-up ends, 0 before that
	// is known.
	settled atomic.Int64
}

// outcome is one thread's record of a phase.
type outcome struct {
	record.Phase
	// now counts from the phase's begin; at0 and at1 are its values at the window's
	// ends.
	now, at0, at1 meters
	minOpen       int
	// exhausted is true where nothing was left to ask before the window's end.
	exhausted bool
	// queuesRead counts the receive queues of connections in flight that were read at
	// the window's end, queuesEmpty the empty ones among them.
	queuesRead, queuesEmpty int
	err                     error
}

// meters are the counters that a thread reads at the window's ends.
type meters struct {
	traffic        record.Traffic
	spinNS         int64
	loops, wakeups uint64
	// cpu and runDelay are the loop's, in nanoseconds.
	cpu, runDelay int64
}
