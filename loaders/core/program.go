package core

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/scenarios"
)

// verb is the kind of an instruction.
type verb uint8

const (
	// verbSend sends up to the byte n of the request.
	verbSend verb = iota
	// verbPause waits for n nanoseconds.
	verbPause
	// verbAwait waits for the interim status n, for at most limit nanoseconds; 0 sets
	// no limit.
	verbAwait
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
func compilePrograms(spec *loaders.Spec, requests []codec.Request) ([][]instruction, error) {
	var programs [][]instruction
	for i := range spec.Requests {
		r := &spec.Requests[i]
		if err := checkDepth(spec.Depth, r, &requests[i]); err != nil {
			return nil, err
		}
		if len(r.Exchange) == 0 {
			continue
		}
		if programs == nil {
			programs = make([][]instruction, len(requests))
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

// compileProgram compiles one exchange. It refuses an exchange that can never succeed
// or that the engine does not speak.
func compileProgram(r *scenarios.Request, built *codec.Request) ([]instruction, error) {
	var program []instruction
	sent, ended := int64(0), false
	for i := range r.Exchange {
		op := &r.Exchange[i]
		if ended {
			return nil, fmt.Errorf("step %d comes behind the answer's end, where the exchange is over: leave it out", i+1)
		}
		s, err := compileOperation(op, built, sent)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", i+1, err)
		}
		switch {
		case op.AwaitEnd != nil:
			ended = true
		case op.AwaitStatus != nil && *op.AwaitStatus >= 200:
			if err := checkFinal(r, *op.AwaitStatus, sent == built.Size()); err != nil {
				return nil, fmt.Errorf("step %d: %w", i+1, err)
			}
		default:
			program = append(program, s)
		}
		if s.verb == verbSend {
			sent = max(sent, s.n)
		}
	}
	if sent != built.Size() {
		return nil, fmt.Errorf("its steps send %d of the request's %d bytes: send the rest with -1", sent, built.Size())
	}
	return program, nil
}

// compileOperation compiles one operation; sent is how many bytes went out before it.
func compileOperation(op *scenarios.Operation, built *codec.Request, sent int64) (instruction, error) {
	switch {
	case op.SendHead != nil:
		return instruction{verb: verbSend, n: int64(built.HeadBytes)}, nil
	case op.SendBytes != nil && *op.SendBytes < 0:
		return instruction{verb: verbSend, n: built.Size()}, nil
	case op.SendBytes != nil:
		return instruction{verb: verbSend, n: min(sent+*op.SendBytes, built.Size())}, nil
	case op.PauseMicros != nil && *op.PauseMicros > loaders.Longest.Microseconds():
		return instruction{}, fmt.Errorf("a pause of %d µs: it must be at most %v, a year", *op.PauseMicros, loaders.Longest)
	case op.PauseMicros != nil:
		return instruction{verb: verbPause, n: *op.PauseMicros * int64(time.Microsecond)}, nil
	case op.AwaitStatus != nil:
		return instruction{verb: verbAwait, n: int64(*op.AwaitStatus)}, nil
	case op.AwaitContinueMicros != nil:
		return instruction{verb: verbAwait, n: http.StatusContinue, limit: *op.AwaitContinueMicros * int64(time.Microsecond)}, nil
	case op.AwaitEnd != nil:
		return instruction{verb: verbAwait}, nil
	case op.AwaitEvents != nil:
		return instruction{}, errors.New("the engine does not speak server-sent events yet: leave the request out")
	case op.Close != nil:
		return instruction{}, errors.New("the engine does not end connections inside an exchange yet: leave the request out")
	}
	return instruction{}, errors.New("it says nothing")
}

// checkFinal refuses to await a final status that cannot be right.
func checkFinal(r *scenarios.Request, status int, allSent bool) error {
	switch {
	case !allSent:
		return fmt.Errorf("it awaits the final status %d before the whole request is sent: such an answer counts as an early reply", status)
	case r.Expect.Status != 0 && r.Expect.Status != status:
		return fmt.Errorf("it awaits the status %d where %d counts as right: make them equal", status, r.Expect.Status)
	}
	return nil
}
