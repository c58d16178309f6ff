// Package check proves that a server at a TCP address answers the rows of the
// scenario table as they say, over plain HTTP/1.1. It knows nothing of how the
// server was started.
//
// Requests are the very bytes that the loaders write (package wire). net/http
// reads the answers, not the loaders' parser: the two implementations check each
// other.
package check

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/joust-bench/joust/scenarios"
)

// Difference is an answer that does not count as right, or misses a part.
type Difference struct {
	// Request is the method and path of the request.
	Request string
	// What names the expected and the actual answer. Offsets count from 0.
	What string
}

// Error returns the difference in one line.
func (d *Difference) Error() string { return d.Request + ": " + d.What }

// Exact asks every request of the row once, each on a connection of its own,
// and compares status, headers that matter and the body byte for byte. The
// error is a *Difference for a wrong answer, and another error where there was no
// answer at all.
func Exact(ctx context.Context, address, host string, row *scenarios.Scenario) error {
	return targetOf(address, host, row).each(ctx, pointers(row.Requests))
}

// Ready asks the row's first request again and again, each time on a fresh
// connection, until the right answer comes. When ctx ends first, the error is that
// of the last attempt. A server may answer wrongly while it starts: Ready
// returns the *Difference after one second of wrong answers.
func Ready(ctx context.Context, address, host string, row *scenarios.Scenario) error {
	return targetOf(address, host, row).ready(ctx, row)
}

// limits are the waiting times of a check.
type limits struct {
	// answer is from the start of sending to the last byte of the answers that
	// were asked together.
	answer time.Duration
	// packet is the pause between packets, withheld the time for which an upload's
	// last byte is held back.
	packet, withheld time.Duration
	// settle is the wait for surplus bytes outside of the answer's own packet;
	// settleExact is that of the exact pass, which every trial makes.
	settle, settleExact time.Duration
	// attempt bounds one attempt of Ready; grace is how long Ready excuses a wrong
	// answer.
	attempt, grace time.Duration
	// turn is the wait for the answers to connections within a server's cap, and
	// crowded the time in which one beyond the cap would be answered.
	turn, crowded time.Duration
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
		turn:        2 * time.Second,
		crowded:     100 * time.Millisecond,
	}
}

// target is a server and the patience with it.
type target struct {
	address, host string
	limits        limits
	// least is the shortest time that a right answer takes; 0 is no bound.
	least time.Duration
}

func targetOf(address, host string, row *scenarios.Scenario) target {
	return target{address: address, host: host, limits: standard(), least: row.LeastTime}
}

// each asks every request on a connection of its own.
func (t target) each(ctx context.Context, requests []*scenarios.Request) error {
	for _, r := range requests {
		if err := t.one(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// one asks one request, as its exchange says where it has one.
func (t target) one(ctx context.Context, r *scenarios.Request) error {
	if len(r.Exchange) > 0 {
		return t.exchange(ctx, r)
	}
	m, err := compile(r, t.host)
	if err != nil {
		return err
	}
	return t.conversation(ctx, t.limits.settleExact, round{whole(m), []message{m}})
}

// round is some packets and the messages in them.
type round struct {
	packets  []packet
	messages []message
}

// conversation sends and answers the rounds in turn on a fresh connection, and
// waits for surplus bytes after the last.
func (t target) conversation(ctx context.Context, settle time.Duration, rounds ...round) error {
	c, err := t.dial(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	var last message
	for i, r := range rounds {
		c.goesOn = i < len(rounds)-1
		if err := c.converse(r.packets, r.messages); err != nil {
			return numbered(err, i, len(rounds))
		}
		last = r.messages[len(r.messages)-1]
	}
	return c.surplus(last, settle)
}

func (t target) ready(ctx context.Context, row *scenarios.Scenario) error {
	if len(row.Requests) == 0 {
		return fmt.Errorf("scenario %s has no request to ask", row.Name)
	}
	// The pauses grow with the time so far: it is known to a sixteenth when the server
	// answers.
	const shortestPause, longestPause, precision = 2 * time.Millisecond, 100 * time.Millisecond, 16
	begun := time.Now()
	var wrongSince time.Time
	var met error
	for {
		tried := time.Now()
		attempt, cancel := context.WithTimeout(ctx, t.limits.attempt)
		err := t.each(attempt, pointers(row.Requests[:1]))
		cancel()
		if err == nil {
			return nil
		}
		// An attempt that the end cuts off at once says nothing of the server.
		if met == nil || ctx.Err() == nil || time.Since(tried) > longestPause {
			met = err
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
		case <-time.After(min(max(time.Since(begun)/precision, shortestPause), longestPause)):
		}
		// Both may be over: an attempt after the context's end would only meet that
		// end.
		if ctx.Err() != nil {
			return fmt.Errorf("no right answer from %s within %v; the last attempt met: %w",
				t.address, time.Since(begun).Round(time.Millisecond), met)
		}
	}
}

// pointers returns pointers to the elements.
func pointers(requests []scenarios.Request) []*scenarios.Request {
	out := make([]*scenarios.Request, len(requests))
	for i := range requests {
		out[i] = &requests[i]
	}
	return out
}
