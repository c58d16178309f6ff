// Package check proves that a server at a TCP address answers the rows of the
// scenario table as they say, over plain HTTP/1.1. It knows nothing of how the
// server was started.
//
// Requests are the very bytes that the loaders write (package wire); answers
// are read by net/http, not by the loaders' parser, so that the two
// implementations check each other.
package check

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/joust-bench/joust/scenarios"
)

// Difference is an answer, or the lack of a part of it, that is not what
// counts as right.
type Difference struct {
	// Request is the method and path that were asked.
	Request string
	// What says what was expected and what came. Offsets count from 0.
	What string
}

// Error is the difference in one line.
func (d *Difference) Error() string { return d.Request + ": " + d.What }

// Exact asks every request of the row once, each on a connection of its own,
// and compares status, headers that matter and the body byte for byte. The
// error is a *Difference for an answer that is not right, and any other error
// where there was no answer at all.
func Exact(ctx context.Context, address, host string, row *scenarios.Scenario) error {
	return target{address, host, standard()}.each(ctx, pointers(row.Requests))
}

// Ready asks the row's first request again and again, each time on a fresh
// connection, until the right answer comes. When ctx ends first, the error says
// what the last attempt met. An answer that stays wrong for one second ends it
// with the *Difference: a server may answer wrongly while it starts, not for
// ever.
func Ready(ctx context.Context, address, host string, row *scenarios.Scenario) error {
	return target{address, host, standard()}.ready(ctx, row)
}

// limits bound what a check waits for.
type limits struct {
	// answer is from the start of sending to the last byte of the answers that
	// were asked together.
	answer time.Duration
	// packets stand apart by packet; an upload's last byte is kept back for
	// withheld.
	packet, withheld time.Duration
	// settle is the time in which surplus bytes show that are not in the
	// answer's own packet; the exact pass, which every trial makes, waits
	// shorter.
	settle, settleExact time.Duration
	// attempt bounds one attempt of Ready; grace is how long a wrong answer is
	// excused there.
	attempt, grace time.Duration
}

func standard() limits {
	return limits{
		answer:      10 * time.Second,
		packet:      30 * time.Millisecond,
		withheld:    200 * time.Millisecond,
		settle:      50 * time.Millisecond,
		settleExact: time.Millisecond,
		attempt:     5 * time.Second,
		grace:       time.Second,
	}
}

// target is whom to ask, and how patiently.
type target struct {
	address, host string
	limits        limits
}

// each asks every request on a connection of its own.
func (t target) each(ctx context.Context, requests []*scenarios.Request) error {
	for _, r := range requests {
		if err := t.once(ctx, r, t.limits.settleExact); err != nil {
			return err
		}
	}
	return nil
}

// once asks one request on a fresh connection.
func (t target) once(ctx context.Context, r *scenarios.Request, settle time.Duration) error {
	m, err := compile(r, t.host)
	if err != nil {
		return err
	}
	c, err := t.dial(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.converse(whole(m), []message{m}); err != nil {
		return err
	}
	return c.surplus(m, settle)
}

func (t target) ready(ctx context.Context, row *scenarios.Scenario) error {
	if len(row.Requests) == 0 {
		return fmt.Errorf("scenario %s has no request to ask", row.Name)
	}
	const longestPause = 100 * time.Millisecond
	begun, pause := time.Now(), 2*time.Millisecond
	var wrongSince time.Time
	for {
		attempt, cancel := context.WithTimeout(ctx, t.limits.attempt)
		err := t.once(attempt, &row.Requests[0], t.limits.settleExact)
		cancel()
		if err == nil {
			return nil
		}
		if wrong := (*Difference)(nil); errors.As(err, &wrong) {
			if wrongSince.IsZero() {
				wrongSince = time.Now()
			}
			if time.Since(wrongSince) >= t.limits.grace {
				return fmt.Errorf("the server at %s answers wrongly: %w", t.address, err)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		// Both may be over when this wakes: an attempt after the end would meet
		// nothing but that.
		if ctx.Err() != nil {
			return fmt.Errorf("no right answer from %s within %v; the last attempt met: %w",
				t.address, time.Since(begun).Round(time.Millisecond), err)
		}
		pause = min(2*pause, longestPause)
	}
}

// pointers to the elements.
func pointers(requests []scenarios.Request) []*scenarios.Request {
	out := make([]*scenarios.Request, len(requests))
	for i := range requests {
		out[i] = &requests[i]
	}
	return out
}
