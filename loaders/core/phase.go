package core

import (
	"sync/atomic"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/arrival"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// phase is one phase on the clock, shared by all threads. All instants are
// CLOCK_MONOTONIC nanoseconds. Only ends changes while it runs.
type phase struct {
	loaders.Phase
	record.Timing
	// drain bounds the wait for answers behind an early stop.
	drain time.Duration
	// waves is nil where connections are not made together.
	waves *waves
	// schedule is nil in a closed loop.
	schedule arrival.Schedule
	// starts are those of the users, where users share the connections.
	starts starts
	// ends is the instant before T1 at which the phase ends early: a warm-up that is
	// steady, or any phase whose server is gone. It is 0 before that is known.
	ends atomic.Int64
}

// outcome is one thread's record of a phase.
type outcome struct {
	record.Ledger
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
	// script is the time that the source's script has taken.
	script results.ScriptTime
}
