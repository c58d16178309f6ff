// Package lawserver is an HTTP/1.1 server whose behaviour is a law, with which one
// can calculate: it stops once a period, waits a fixed time, serves a fixed number
// of requests per second, leaves requests unanswered, answers twice, closes
// connections, or misbehaves in one named way. The arithmetic of these laws proves
// a loader.
//
// The server is an epoll loop on a locked thread and spins where time matters: Go's
// timers are up to a millisecond late. It counts requests and bytes exactly and
// takes stamps, which a side channel reads.
package lawserver

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/joust-bench/joust/scenarios"
)

// Law says how the server behaves. The zero Law answers hello at once.
type Law struct {
	// Delay is the time from the last byte of a request to its answer, for any
	// number of requests at once; 0 answers at once. Drip has it between two bytes,
	// EarlyReply between reply and reset, Twice between the two answers.
	Delay time.Duration `json:"delay_ns,omitempty"`
	// CapacityRPS makes the server serve one request at a time, first come first
	// served, for exactly 1/CapacityRPS seconds; 0 is as fast as possible.
	CapacityRPS float64 `json:"capacity_rps,omitempty"`
	// Stall stops the server once a period; nil never does.
	Stall *Stall `json:"stall,omitempty"`
	// Body is the answer's body; one without text is Hello.
	Body scenarios.Body `json:"body"`
	// Behaviour is Right or a way to misbehave.
	Behaviour Behaviour `json:"behaviour,omitempty"`
	// Every is the N of Swallow and CloseAfter and the number of events of Stream, at
	// least 1 with them and 0 without.
	Every int `json:"every,omitempty"`
	// Stamps is the number of answers that get stamps: the first under this law.
	Stamps int `json:"stamps,omitempty"`
}

// Hello is the text of the default body.
const Hello = "Hello, World!"

// Stall stops the server for Length in every Period: nothing is accepted, read
// or written. Stops begin at AnchorNS and whole periods before and after it.
type Stall struct {
	Length time.Duration `json:"length_ns"`
	Period time.Duration `json:"period_ns"`
	// AnchorNS is a CLOCK_MONOTONIC instant in nanoseconds.
	AnchorNS int64 `json:"anchor_ns"`
}

// until returns the end of the stop in which the instant lies, or 0.
func (s *Stall) until(now int64) int64 {
	if s == nil {
		return 0
	}
	period := int64(s.Period)
	into := (now - s.AnchorNS) % period
	if into < 0 {
		into += period
	}
	if into >= int64(s.Length) {
		return 0
	}
	return now - into + int64(s.Length)
}

// The bounds of a law.
const (
	maxDelay    = time.Minute
	maxCapacity = 1e7
	maxBody     = 64 << 20
	maxStamps   = 20_000_000
)

// Validate returns every problem of the law at once.
func (l Law) Validate() error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	refuse(l.Delay < 0 || l.Delay > maxDelay, "delay %v: from 0 to %v", l.Delay, maxDelay)
	refuse(!(l.CapacityRPS >= 0 && l.CapacityRPS <= maxCapacity), "capacity %v req/s: from 0 to %v", l.CapacityRPS, float64(maxCapacity))
	refuse(l.Delay > 0 && l.CapacityRPS > 0, "a delay and a capacity: one of them")
	refuse(l.Body.Size() < 0 || l.Body.Size() > maxBody, "a body of %d bytes: at most %d", l.Body.Size(), maxBody)
	refuse(l.Stamps < 0 || l.Stamps > maxStamps, "%d stamps: from 0 to %d", l.Stamps, maxStamps)
	if s := l.Stall; s != nil {
		refuse(s.Length <= 0 || s.Length >= s.Period, "a stop of %v every %v: above 0 and below the period", s.Length, s.Period)
	}
	refuse(!slices.Contains(Behaviours(), l.Behaviour), "unknown behaviour %q", l.Behaviour)
	counts := l.Behaviour == Swallow || l.Behaviour == CloseAfter || l.Behaviour == Stream
	refuse(counts && l.Every < 1, "%s of each %d: at least 1", l.Behaviour, l.Every)
	refuse(!counts && l.Every != 0, "behaviour %q does not count to %d", l.Behaviour, l.Every)
	return errors.Join(errs...)
}

// Counts are the server's own counts under one law.
type Counts struct {
	// Connections is the number of accepted connections.
	Connections uint64 `json:"connections"`
	// Requests is the number of requests that arrived whole, Answers that of
	// answers that were written whole.
	Requests uint64 `json:"requests"`
	Answers  uint64 `json:"answers"`
	// Halves is the number of requests in whose body the client closed.
	Halves uint64 `json:"halves"`
	// ReceivedBytes and SentBytes are all bytes read and written, heads and
	// bodies.
	ReceivedBytes uint64 `json:"received_bytes"`
	SentBytes     uint64 `json:"sent_bytes"`
}

// Stamps are CLOCK_MONOTONIC instants, in nanoseconds, of the first answers under
// one law, in their order.
type Stamps struct {
	// ArrivedNS are the instants at which the whole request had been read.
	ArrivedNS []int64 `json:"arrived_ns"`
	// AnsweredNS are the instants just before the answer was written.
	AnsweredNS []int64 `json:"answered_ns"`
}
