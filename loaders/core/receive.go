package core

import (
	"fmt"
	"io"

	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/results"
)

// handle acts on one event.
func (s *shard) handle(ev *backend.Event) {
	if ev.Conn == backend.Woken {
		s.adopt()
		s.takeLookups()
		return
	}
	c := &s.conns[ev.Conn]
	switch c.state {
	case stateConnecting:
		s.finishConnect(c)
	case stateOpen:
		if ev.What&^backend.Writable != 0 {
			s.receive(c, ev.What&backend.Ended != 0)
		}
		if ev.What&backend.Writable != 0 && c.state == stateOpen {
			s.writable(c)
		}
	}
}

// receive reads once and acts on the bytes. Where ends is true it reads until the end
// of the stream, lest it ask behind the last answer. An event may report an answer
// before the end that came with it: once the server has ended a stream behind an
// answer, receive looks for an end behind each.
func (s *shard) receive(c *connection, ends bool) {
	if c.secret != nil {
		s.receiveSecret(c)
		return
	}
	took := false
	for lives := c.lives; c.lives == lives && c.state == stateOpen; {
		n, lag, err := s.read(c)
		now := clock.Now()
		if lag >= 0 {
			s.out.Received(now, lag)
		}
		if now >= s.nextMark {
			s.mark(now)
		}
		switch {
		case n > 0:
		case err == nil:
			if took && !ends {
				s.proceed(c)
			}
			return
		case err == io.EOF:
			s.endsBehind = s.endsBehind || took
			s.peerClosed(c, now)
			return
		default:
			s.broken(c, err)
			return
		}
		s.take(c, s.buf[:n], now)
		took = true
		if ends || s.endsBehind && c.quiet() {
			continue
		}
		if c.state == stateOpen {
			s.proceed(c)
		}
		return
	}
}

// read reads once; lag is how long the system has had the bytes, in nanoseconds, -1
// where that is not known.
func (s *shard) read(c *connection) (n int, lag int64, err error) {
	if c.stamped != nil {
		return c.stamped.ReadStamped(s.buf)
	}
	n, err = c.io.Read(s.buf)
	return n, -1, err
}

// leftover reads once, when the connection takes no more bytes. It returns how many bytes
// lay there.
func (s *shard) leftover(c *connection) (n int, now int64) {
	if c.secret != nil {
		n, _, _ = c.secret.Open(s.buf)
	} else {
		n, _ = c.io.Read(s.buf)
	}
	return n, clock.Now()
}

// take consumes the bytes of one read.
func (s *shard) take(c *connection, data []byte, now int64) {
	s.out.now.traffic.Received += uint64(len(data))
	if len(c.carry) > 0 {
		c.carry = append(c.carry, data...)
		data = c.carry
	}
	if rest := s.consume(c, data, now); c.state == stateOpen {
		c.carry = keep(c.carry, rest)
	}
}

// keep moves the rest of a read into the connection's own buffer, which it drops where
// nothing is left.
func keep(carry, rest []byte) []byte {
	if len(rest) == 0 {
		return nil
	}
	return append(carry[:0], rest...)
}

// proceed gives the connection its next work once its answers are read.
func (s *shard) proceed(c *connection) {
	if every := s.spec.Connection.ReconnectEvery; every > 0 && c.count == 0 && (c.issued >= every || s.spent()) {
		s.recycle(c)
		return
	}
	if s.alone {
		if c.count > 0 {
			s.goOn(c)
			return
		}
		if c.hangsUp() {
			s.hangUp(c)
			return
		}
	}
	if s.sending && !s.borrowing {
		// A pipeline is refilled when half of it is answered: one write then
		// sends several requests, and the server is never without one.
		if room := s.room(c); room > 0 && (c.count == 0 || room >= (len(c.slots)+1)/2) {
			s.refill(c)
		}
		return
	}
	s.offer(c)
}

// spent reports whether the phase, a closed loop, has nothing more to ask. A full server may
// then keep those waiting whose requests it has still to answer: where the loader ends
// connections, the idle ones give up their places, and are made again behind the phase.
func (s *shard) spent() bool {
	return s.started && s.phase != nil && s.phase.Loop == results.ClosedLoop && (!s.sending || s.quota <= 0)
}

// consume takes whole answers off the data and returns the rest, which the codec must
// be shown again.
func (s *shard) consume(c *connection, data []byte, now int64) []byte {
	for len(data) > 0 {
		if c.count == 0 {
			s.surplus(c, data, now)
			return nil
		}
		f := c.oldest()
		if f.FirstByte == 0 {
			if f.unsent {
				s.surplus(c, data, now)
				return nil
			}
			f.FirstByte = now
			if c.count == 1 && c.unwritten() && s.programs == nil {
				return s.early(c, f, data, now)
			}
		}
		n, err := s.decode(c, f, data)
		a := &s.answer
		if err != nil {
			s.malformed(c, now, a.Status, err)
			return nil
		}
		data = data[n:]
		if a.Event != codec.End {
			return data
		}
		if a.Unprocessed && s.repeat(c, &s.out.Counts.IdleTimeouts) {
			return nil
		}
		// The source may give the request's place to another one with complete.
		asked := !a.Keep && s.requests[f.request].Ends
		s.complete(c, now, a)
		if !a.Keep || c.cut {
			s.depart(c, asked, now)
			return nil
		}
	}
	return nil
}

// decode reads the oldest answer on, into s.answer, until it ends or the data does, and
// returns how many bytes it took.
func (s *shard) decode(c *connection, f *flight, data []byte) (n int, err error) {
	for a := &s.answer; ; {
		took, err := c.codec.Next(f.request, data[n:], a)
		n += took
		s.out.now.traffic.ReceivedBody += uint64(a.Body)
		switch {
		case err != nil:
			return n, err
		case a.Event == codec.End || a.Event == codec.NeedMore:
			return n, nil
		case a.Event == codec.Interim:
			s.interim(c, f, a.Status)
		case a.Event == codec.Body:
			s.body(c, data[n-a.Body:n])
		case a.Event == codec.Head:
			if s.needs.Heads || s.needs.Cookies {
				c.view.Head = append(c.view.Head[:0], data[n-took:n]...)
			}
			if err := s.final(c, f, a.Status); err != nil {
				return n, err
			}
		}
	}
}

// body shows a piece of the body to the source and to the exchange, as far as these look
// into bodies.
func (s *shard) body(c *connection, piece []byte) {
	if v := c.view; v != nil {
		rest := max(0, s.needs.Body-len(v.Body))
		v.Body = append(v.Body, piece[:min(len(piece), rest)]...)
	}
	if p := c.execution; p != nil && p.program != nil && p.program.events > 0 {
		p.events.Feed(piece)
	}
}

// complete counts the oldest answer, which has ended.
func (s *shard) complete(c *connection, now int64, a *codec.Answer) {
	c.failures, c.answered, c.repeating = 0, true, false
	if s.chain != nil && s.follow(c, a) {
		return
	}
	if s.judge != nil {
		s.judged(c, now, a)
	}
	if s.room(c) <= 0 {
		c.idleSince = now
	}
	first, events, abandoned := c.steps.first(), uint64(0), false
	if s.programs != nil {
		events, abandoned = c.conclude(a)
	}
	switch f := c.oldest(); {
	case abandoned:
		s.abandon(c, now)
	case a.Cause != "":
		detail := s.describe(c, f, a.Cause)
		if c.cut {
			detail += ", before the whole request was sent"
		}
		s.fail(c, now, failure{a.Cause, a.Status, detail})
	default:
		s.completed++
		if s.hosts != nil {
			s.hosts.lanes[c.target].counts.Right++
		}
		if s.out.Answered(&f.Exchange, now, a.Status) && c.steps != nil {
			s.breakDown(c, f, now, first)
		}
		if a.Coding != codec.Unasked {
			s.out.Coded(f.Group, now, a.Coding.String(), !a.Unread)
		}
		if events > 0 {
			s.out.Streamed(f.Group, now, events)
		}
		s.release(c, now, a.Status, "")
	}
	if c.execution != nil && c.execution.program != nil {
		c.concludeExchange()
	}
	if c.count == 0 {
		s.deadlines[c.id] = never
	} else {
		s.setDeadline(c, c.oldest().Sent+s.timeout(c.oldest().request))
	}
	if s.phase.ThinkSpin > 0 {
		for until := clock.Now() + int64(s.phase.ThinkSpin); clock.Now() < until; {
		}
	}
}

// failure says why a request failed: status is that of its answer, 0 for none.
type failure struct {
	cause  results.Cause
	status int
	detail string
}

// fail counts the oldest request of the connection as failed and releases it.
func (s *shard) fail(c *connection, now int64, why failure) {
	counted := 0
	if why.cause == results.CauseStatus {
		counted = why.status
	}
	s.failed++
	if s.hosts != nil {
		s.hosts.lanes[c.target].counts.Failed++
	}
	if s.ids != nil {
		why.detail += fmt.Sprintf(" (%s %s)", s.spec.RequestID, s.ids.of()(c.oldest().Number))
	}
	s.out.Failed(&c.oldest().Exchange, now, why.cause, counted, why.detail)
	s.release(c, now, why.status, why.cause)
}

// surplus acts on bytes that answer no request. They may be the server's notice that it
// closes the idle connection. Any others are counted, and the connection is replaced:
// more of them would pass for answers.
func (s *shard) surplus(c *connection, data []byte, now int64) {
	if c.codec.Notice(data) {
		s.out.Counts.IdleTimeouts++
		s.idleClosed(c, now)
		return
	}
	s.out.Surplus(fmt.Sprintf("bytes that answer no request: %.60q", data))
	s.replace(c, now)
}

// peerClosed acts on the end of the server's stream.
func (s *shard) peerClosed(c *connection, now int64) {
	if c.quiet() {
		s.out.Counts.UnannouncedCloses++
		s.idleClosed(c, now)
		return
	}
	request := c.oldest().request
	a, err := c.codec.End(request)
	switch {
	case err != nil && s.crossed(c) && s.repeat(c, &s.out.Counts.UnannouncedCloses):
		return
	case err != nil:
		s.brokenWith(c, a.Cause, err.Error())
		return
	}
	asked := s.requests[request].Ends
	s.complete(c, now, &a)
	s.depart(c, asked, now)
}

// retire replaces a connection that ends behind its last answer: the request asked for
// that where asked is true, else the answer announced it. Requests behind that answer are
// lost.
func (s *shard) retire(c *connection, asked bool, now int64) {
	if asked {
		s.out.Counts.RequestedCloses++
	} else {
		s.out.Counts.AnnouncedCloses++
	}
	s.failFlights(c, now, results.CauseClosed, "the server announced a close before it had answered all requests of the pipeline")
	s.recycle(c)
}

// broken replaces a connection after an error of the backend.
func (s *shard) broken(c *connection, err error) {
	cause := backend.CauseOf(err)
	if !c.quiet() && c.unwrittenBytes() == s.asked(c, c.oldest()).Size() && s.repeat(c, &s.out.Counts.UnannouncedCloses) {
		return
	}
	s.brokenWith(c, cause, fmt.Sprintf("connection lost: %s: %v", cause, err))
}

func (s *shard) brokenWith(c *connection, cause results.Cause, detail string) {
	now := clock.Now()
	if c.quiet() {
		s.out.Counts.UnannouncedCloses++
		s.idleClosed(c, now)
		return
	}
	s.failFlights(c, now, cause, detail)
	s.replace(c, now)
}

// failFlights fails every request that was sent on the connection and not answered.
func (s *shard) failFlights(c *connection, now int64, cause results.Cause, detail string) {
	for !c.quiet() {
		s.fail(c, now, failure{cause: cause, detail: detail})
	}
}

// restart replaces a connection after a failed request; those behind it are lost.
func (s *shard) restart(c *connection) {
	now := clock.Now()
	s.failFlights(c, now, results.CauseClosed, "lost with its connection")
	s.replace(c, now)
}
