package core

import (
	"fmt"

	"github.com/joust-bench/joust/loaders/clock"
)

// connectAll opens every connection.
func (w *worker) connectAll() error {
	now := clock.Now()
	for i := range w.deadlines {
		w.deadlines[i] = now
	}
	w.nextScan = now
	return w.settle()
}

// settle waits until every connection is open, or can evidently not be, or the
// load was told to end.
func (w *worker) settle() error {
	// Timeouts are noticed a scan late, and must be, before the wait ends.
	patience := int64(w.spec.ConnectTimeout) + 5*scanStep
	if w.tls != nil {
		patience += int64(w.spec.ConnectTimeout)
	}
	limit := clock.Now() + patience
	for {
		now := clock.Now()
		if now >= w.nextScan {
			w.scan(now)
		}
		if w.settled() || now >= limit || w.stop.Load() != 0 {
			w.publish()
			return nil
		}
		events, err := w.loop.Wait(max(1, min(w.nextScan, limit)-now))
		if err != nil {
			return fmt.Errorf("waiting for connections: %w", err)
		}
		for i := range events {
			w.handle(&events[i])
		}
	}
}

// hopeless is the number of attempts in a row after which settle stops
// waiting for a connection.
const hopeless = 4

func (w *worker) settled() bool {
	if w.open == len(w.conns) {
		return true
	}
	for i := range w.conns {
		if w.conns[i].state != stateOpen && w.conns[i].failures < hopeless {
			return false
		}
	}
	return true
}

// reached is how many connections were open once: a server that closes them again
// at once has let them be opened.
func (w *worker) reached() int {
	n := 0
	for i := range w.conns {
		if w.conns[i].known {
			n++
		}
	}
	return n
}
