//go:build unix

// Package net is the backend for any Unix system. A goroutine for each
// connection waits by Go's own poller and sends its events to the loop; the
// loop's thread reads and writes by itself, so that the events of a connection
// come in the order of their causes. It waits as exactly as Go's timers do,
// about a millisecond, and costs more per request than a poller of its own.
package net

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/clock"
)

// timerSlack is how late a timer of Go may be on a busy machine, in
// nanoseconds.
const timerSlack = int64(4e6)

// System returns the backend.
func System() backend.System {
	return backend.System{Name: "joust portable", NewLoop: newLoop, Lookup: backend.Lookup, Sleeps: true, Slack: timerSlack}
}

// loop collects the events of its connections' goroutines.
type loop struct {
	// addresses are those of each target.
	addresses  [][]net.Addr
	sendBuffer int
	threads    int

	// life ends with the loop and ends every attempt to connect; running counts
	// the goroutines.
	life    context.Context
	end     context.CancelFunc
	running sync.WaitGroup

	// mu guards woken, the shared part of each connection, and queue: the
	// connections with an event that Wait has not returned yet. kick ends the wait.
	mu    sync.Mutex
	queue []*link
	woken bool
	kick  chan struct{}

	timer  *time.Timer
	events [backend.MostEvents]backend.Event
	// returned are the connections of the last Wait's events.
	returned []*link
}

func newLoop(spec *loaders.Spec, _ int) (backend.Loop, error) {
	addresses, err := backend.Addresses(spec)
	if err != nil {
		return nil, err
	}
	l := &loop{
		addresses: addresses, sendBuffer: spec.SendBuffer, threads: spec.Threads,
		kick: make(chan struct{}, 1), timer: time.NewTimer(time.Hour),
	}
	l.life, l.end = context.WithCancel(context.Background())
	return l, nil
}

// Enter implements backend.Loop. Goroutines are bound to no processor.
func (l *loop) Enter(int) error { return nil }

// Close implements backend.Loop.
func (l *loop) Close() {
	l.end()
	l.timer.Stop()
	l.running.Wait()
}

// Wake implements backend.Loop.
func (l *loop) Wake() {
	l.mu.Lock()
	l.woken = true
	l.mu.Unlock()
	l.rouse()
}

// notify queues an event of a connection.
func (l *loop) notify(c *link, what backend.What) {
	l.mu.Lock()
	if c.pending == 0 {
		l.queue = append(l.queue, c)
	}
	c.pending |= what
	l.mu.Unlock()
	l.rouse()
}

// rouse ends the current wait, or the next one.
func (l *loop) rouse() {
	select {
	case l.kick <- struct{}{}:
	default:
	}
}

// Wait implements backend.Loop.
func (l *loop) Wait(ns int64) ([]backend.Event, error) {
	for _, c := range l.returned {
		c.rearm()
	}
	l.returned = l.returned[:0]
	events := l.take()
	if len(events) > 0 || ns <= 0 {
		return events, nil
	}
	l.timer.Reset(time.Duration(ns))
	select {
	case <-l.kick:
	case <-l.timer.C:
	}
	return l.take(), nil
}

// take returns the queued events, without those of connections that were closed
// in the meantime.
func (l *loop) take() []backend.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, taken := 0, 0
	if l.woken {
		l.events[n] = backend.Event{Conn: backend.Woken}
		l.woken = false
		n++
	}
	for ; taken < len(l.queue) && n < len(l.events); taken++ {
		c := l.queue[taken]
		what := c.pending
		c.pending = 0
		if c.closed {
			continue
		}
		c.last = what
		l.returned = append(l.returned, c)
		l.events[n] = backend.Event{Conn: c.id, What: what}
		n++
	}
	l.queue = l.queue[:copy(l.queue, l.queue[taken:])]
	return l.events[:n]
}

// CPU implements backend.Loop. The CPU time of one loop's goroutines is not known:
// CPU returns an even share of the process's.
func (l *loop) CPU() int64 {
	used, err := clock.ProcessCPU()
	if err != nil {
		return 0
	}
	return used / int64(l.threads)
}

// RunDelay implements backend.Loop.
func (l *loop) RunDelay() int64 { return -1 }
