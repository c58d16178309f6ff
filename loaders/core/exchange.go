package core

import (
	"errors"
	"fmt"

	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/eventstream"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// execution is the place of a connection in the program of its exchange.
type execution struct {
	// program is nil outside an exchange of steps; rest holds its steps to come.
	program *program
	rest    []instruction
	// sent is how many bytes of the request were handed on.
	sent int64
	// until is the end of the pause or of the wait with a limit, 0 outside these.
	until int64
	// interim is the last interim status that no step has awaited yet, final the final
	// one; 0 for none.
	interim, final int64
	// events counts the server-sent events of the answer.
	events eventstream.Counter
	// closes is how the loader ends the connection behind the exchange that has ended;
	// empty where the connection stays.
	closes scenarios.CloseKind
}

var (
	errEarly     = errors.New("the answer began before the request was written")
	errUnawaited = errors.New("the final answer came without the interim one that the exchange awaits")
	errOther     = errors.New("a final status came that the exchange does not await")
)

// perform begins the exchange of the request, which has a program.
func (s *shard) perform(c *connection, request int32) {
	if c.execution == nil {
		c.execution = &execution{}
	}
	p := s.programs[request]
	*c.execution = execution{program: p, rest: p.steps}
	s.advanceExchange(c)
}

// exchanging reports whether the connection is inside an exchange of steps.
func (c *connection) exchanging() bool { return c.execution != nil && len(c.execution.rest) > 0 }

// advanceExchange runs the connection's exchange until it has to wait for the system,
// for a pause to end or for the server, or until it closes.
func (s *shard) advanceExchange(c *connection) {
	for c.state == stateOpen && c.count > 0 && c.exchanging() && !c.unwritten() {
		p := c.execution
		next := p.rest[0]
		switch {
		case next.verb == verbSend:
			p.rest = p.rest[1:]
			s.sendTo(c, next.n)
			continue
		case next.verb == verbLeave:
			s.leaving = append(s.leaving, c.id)
			return
		case next.verb == verbEvents:
			if p.events.Count() < uint64(next.n) {
				return
			}
		case next.verb == verbAwait && p.interim != next.n && p.final == 0:
			if !s.waitedEnough(c, next.limit) {
				return
			}
		case next.verb == verbAwait:
			p.interim, p.until = 0, 0
		case p.until == 0:
			p.until = clock.Now() + next.n
			s.pauses.push(turn{at: p.until, id: c.id})
			return
		case clock.Now() < p.until:
			return
		default:
			p.until = 0
		}
		p.rest = p.rest[1:]
	}
}

// waitedEnough reports whether the connection has waited for an interim answer for as
// long as it may, in nanoseconds; 0 sets no limit. It counts the end of such a wait.
func (s *shard) waitedEnough(c *connection, limit int64) bool {
	p, now := c.execution, clock.Now()
	switch {
	case limit == 0:
		return false
	case p.until == 0:
		p.until = now + limit
		s.setDeadline(c, min(s.deadlines[c.id], p.until))
		return false
	case now < p.until:
		return false
	}
	p.until = 0
	s.out.Counts.MissedContinues++
	return true
}

// sendTo sends the request's bytes before end.
func (s *shard) sendTo(c *connection, end int64) {
	p, f := c.execution, c.oldest()
	r := &s.requests[f.request]
	from := p.sent
	p.sent = max(p.sent, end)
	if from >= end {
		return
	}
	if s.ids != nil { // another connection may have sent the same head since
		s.ids.stamp(r, f.Number)
	}
	if end == r.Size() && f.followed == 0 {
		f.Written = clock.Now()
	}
	head, body := int64(len(r.Head)), int64(len(r.Body))
	piece := r.Head[min(from, head):min(end, head)]
	first, last := max(0, from-head), max(0, end-head)
	var tail []byte
	if last == body {
		tail = r.Body[first:] // shared, and counted while it is written
	} else if last > first {
		s.scratch = append(append(s.scratch[:0], piece...), r.Body[first:last]...)
		piece = s.scratch
	}
	s.out.now.traffic.SentBody += partOf(r, from+int64(len(piece))) - partOf(r, from)
	if len(piece) > 0 {
		s.transmit(c, piece, tail)
		return
	}
	c.tail = tail
	s.flush(c)
}

// partOf returns how many bytes of the body proper are among the first sent bytes of
// the request: framing is shared out evenly, and exact at the end.
func partOf(r *codec.Request, sent int64) uint64 {
	framed := r.Size() - int64(r.HeadBytes)
	if framed == 0 {
		return 0
	}
	return uint64(max(0, sent-int64(r.HeadBytes))) * uint64(r.BodyBytes) / uint64(framed)
}

// interim notes an interim answer inside an exchange. The time to the first
// byte is that of the final answer.
func (s *shard) interim(c *connection, f *flight, status int) {
	if c.execution != nil {
		c.execution.interim = int64(status)
	}
	f.FirstByte = 0
}

// final judges the place of the exchange at the head of its final answer. It returns an
// error where the exchange is not ready for that, unless the answer refuses the rest of
// the request.
func (s *shard) final(c *connection, f *flight, status int) error {
	if f.FirstByte == 0 {
		f.FirstByte = clock.Now()
	}
	unsent := c.unwritten()
	if s.programs == nil || !unsent && !c.exchanging() {
		return nil
	}
	// The final answer may come in place of an awaited one (RFC 9110 §10.1.1).
	inPlace := !unsent && c.execution.rest[0].verb == verbAwait
	unsent = unsent || c.execution.sent < s.requests[f.request].Size()
	switch {
	case unsent && (status >= refusing || inPlace && status >= redirecting):
		s.refused(c)
		return nil
	case unsent:
		return errEarly
	}
	return c.execution.headed(int64(status))
}

// redirecting is the least status of a final answer that is no success.
const redirecting = 300

// headed takes the final status, once the whole request is sent. The steps that only a
// program without events and closes has before its answer are over then.
func (p *execution) headed(status int64) error {
	for _, next := range p.rest {
		switch {
		case next.verb != verbAwait || next.limit > 0:
		case next.n >= 200 && next.n != status:
			return fmt.Errorf("%w: %d in place of %d", errOther, status, next.n)
		case next.n < 200 && next.n != p.interim:
			return errUnawaited
		}
	}
	p.final = status
	if p.program.events == 0 && !p.program.leaves {
		p.rest = nil
	}
	return nil
}

// malformed fails the oldest request, whose answer cannot be read on.
func (s *shard) malformed(c *connection, now int64, status int, err error) {
	switch {
	case errors.Is(err, errEarly):
		s.earlyReply(c, now)
		return
	case errors.Is(err, errUnawaited), errors.Is(err, errOther):
		s.fail(c, now, failure{results.CauseStatus, status, s.groups[c.oldest().Group] + ": " + err.Error()})
	default:
		s.fail(c, now, failure{cause: results.CauseProtocol, detail: err.Error()})
	}
	s.restart(c)
}

// resume continues every exchange whose pause has ended.
func (s *shard) resume() {
	for len(s.pauses) > 0 && s.pauses[0].at <= clock.Now() {
		p := s.pauses.pop()
		if c := &s.conns[p.id]; c.execution != nil && c.execution.until == p.at {
			s.advanceExchange(c)
		}
	}
}
