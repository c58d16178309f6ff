package core

import (
	"errors"
	"fmt"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/scenarios"
)

// program is an exchange of steps, ready to run. It is read-only, and threads share it.
type program struct {
	steps []instruction
	// events is how many server-sent events a right answer has at least; 0 where they
	// are not counted.
	events uint64
	// closes is how the loader ends the connection, with the last step or, without a step
	// for it, behind the answer; empty where the connection stays.
	closes scenarios.CloseKind
	// leaves is true where the last step closes before the answer's end. The exchange
	// is then abandoned where abandons is true, and else right by its events.
	leaves, abandons bool
}

// verb is the kind of an instruction.
type verb uint8

const (
	// verbSend sends up to the byte n of the request.
	verbSend verb = iota
	// verbPause waits for n nanoseconds.
	verbPause
	// verbAwait waits for the status n, for at most limit nanoseconds; 0 sets no limit.
	// The final status ends each wait for an interim one.
	verbAwait
	// verbEvents waits until n server-sent events of the answer have come.
	verbEvents
	// verbLeave closes the connection before the answer's end.
	verbLeave
)

// instruction is one operation of an exchange, ready to run. Behind the last one the
// end of the answer is awaited.
type instruction struct {
	verb  verb
	n     int64
	limit int64
}

// compilePrograms compiles the exchange of each request. It returns nil where every
// request is sent whole and then awaited.
func compilePrograms(spec *loaders.Spec, requests []codec.Request) ([]*program, error) {
	var programs []*program
	for i, r := range spec.EachRequest() {
		if err := checkDepth(spec.Depth, r, &requests[i]); err != nil {
			return nil, err
		}
		if len(r.Exchange) == 0 {
			continue
		}
		if programs == nil {
			programs = make([]*program, len(requests))
		}
		p, err := compileProgram(r, &requests[i])
		if err != nil {
			return nil, fmt.Errorf("exchange of request %q: %w", r.Name, err)
		}
		programs[i] = p
	}
	return programs, nil
}

// checkDepth refuses a pipeline for a request that needs the connection for itself.
func checkDepth(depth int, r *scenarios.Request, built *codec.Request) error {
	switch {
	case depth == 1:
	case len(r.Exchange) > 0:
		return fmt.Errorf("request %q has an exchange of steps, which needs the connection for itself: ask it with a depth of 1, not %d", r.Name, depth)
	case built.Ends:
		return fmt.Errorf("request %q ends its connection, so nothing may be asked behind it: ask it with a depth of 1, not %d, or without Connection: close", r.Name, depth)
	}
	return nil
}

// compiler compiles one exchange, step by step.
type compiler struct {
	request *scenarios.Request
	built   *codec.Request
	program
	// sent is how many bytes of the request the steps so far send. ended is true behind
	// the step that awaits the answer's end.
	sent  int64
	ended bool
}

// compileProgram compiles one exchange. It refuses an exchange that can never succeed
// or that the engine does not speak.
func compileProgram(r *scenarios.Request, built *codec.Request) (*program, error) {
	c := compiler{request: r, built: built}
	for i := range r.Exchange {
		if err := c.step(&r.Exchange[i]); err != nil {
			return nil, fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	if c.sent != built.Size() && !c.abandons {
		return nil, fmt.Errorf("its steps send %d of the request's %d bytes: send the rest with -1", c.sent, built.Size())
	}
	return &c.program, nil
}

// continues is the interim status that lets the body of a request come.
const continues = 100

// step compiles one operation.
func (c *compiler) step(op *scenarios.Operation) error {
	switch {
	case c.closes != "":
		return errors.New("it comes behind the close, where the exchange is over: leave it out")
	case op.Close != nil:
		return c.close(*op.Close)
	case c.ended:
		return errors.New("it comes behind the answer's end, where the exchange is over: leave it out")
	case op.SendHead != nil:
		return c.send(int64(c.built.HeadBytes))
	case op.SendBytes != nil && *op.SendBytes < 0:
		return c.send(c.built.Size())
	case op.SendBytes != nil:
		return c.send(min(c.sent+*op.SendBytes, c.built.Size()))
	case op.PauseMicros != nil && *op.PauseMicros > loaders.Longest.Microseconds():
		return fmt.Errorf("a pause of %d µs: it must be at most %v, a year", *op.PauseMicros, loaders.Longest)
	case op.PauseMicros != nil:
		c.add(instruction{verb: verbPause, n: *op.PauseMicros * int64(time.Microsecond)})
	case op.AwaitStatus != nil:
		return c.await(*op.AwaitStatus)
	case op.AwaitContinueMicros != nil:
		c.add(instruction{verb: verbAwait, n: continues, limit: *op.AwaitContinueMicros * int64(time.Microsecond)})
	case op.AwaitEvents != nil:
		return c.awaitEvents(*op.AwaitEvents)
	case op.AwaitEnd != nil:
		c.ended = true
	default:
		return errors.New("it says nothing")
	}
	return nil
}

func (c *compiler) add(i instruction) { c.steps = append(c.steps, i) }

// send sends up to the byte end of the request.
func (c *compiler) send(end int64) error {
	if c.events > 0 {
		return errors.New("it sends behind server-sent events: an answer that begins before the whole request is sent counts as an early reply")
	}
	c.add(instruction{verb: verbSend, n: end})
	c.sent = max(c.sent, end)
	return nil
}

// await awaits a status. The end of the answer awaits a final status too, so that only an
// exchange that may close before that end needs a step for it.
func (c *compiler) await(status int) error {
	r := c.request
	switch {
	case status < 200:
	case c.sent != c.built.Size():
		return fmt.Errorf("it awaits the final status %d before the whole request is sent: such an answer counts as an early reply", status)
	case r.Expect.Status != 0 && r.Expect.Status != status:
		return fmt.Errorf("it awaits the status %d where %d counts as right: make them equal", status, r.Expect.Status)
	case r.Expect.Status != 0:
		return nil
	}
	c.add(instruction{verb: verbAwait, n: int64(status)})
	return nil
}

// awaitEvents awaits n more server-sent events.
func (c *compiler) awaitEvents(n int) error {
	switch {
	case n < 1:
		return fmt.Errorf("it awaits %d server-sent events: at least 1", n)
	case c.sent != c.built.Size():
		return errors.New("it awaits server-sent events before the whole request is sent: such an answer counts as an early reply")
	case len(c.request.Expect.Encodings) > 0:
		return errors.New("it awaits server-sent events in an answer that may come compressed: they are counted as they are sent, so leave the encodings out")
	}
	c.events += uint64(n)
	c.add(instruction{verb: verbEvents, n: int64(c.events)})
	return nil
}

// close ends the connection: behind the answer, or before its end.
func (c *compiler) close(kind scenarios.CloseKind) error {
	c.closes = kind
	if c.ended {
		return nil
	}
	if c.leaves, c.abandons = true, c.request.Expect.Status == 0; !c.abandons && c.events == 0 {
		return errors.New("it closes before the answer's end, where an answer counts as right: await the end or events, or leave expect empty to count the exchange as abandoned")
	}
	c.add(instruction{verb: verbLeave})
	return nil
}
