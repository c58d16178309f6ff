package portable

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/wire"
	"github.com/joust-bench/joust/results"
)

const (
	// readStep is the size of a reader's buffer in bytes.
	readStep = 32 << 10
	// writerGrace is how long a writer that has begun its last write may take
	// to say that it has ended, once the answer is there.
	writerGrace = 200 * time.Millisecond
)

// step is what a reader does next.
type step uint8

const (
	stepRead step = iota
	stepAwait
	stepEnd
)

// read is the life of a link's reader.
func (s *shard) read(u *user, l *link) {
	buf := make([]byte, readStep)
	for {
		n, err := l.conn.Read(buf)
		data, overdue := buf[:n], false
		for next := stepAwait; next == stepAwait; data = nil {
			s.mu.Lock()
			next = s.receive(u, l, data, err, overdue)
			s.release()
			switch next {
			case stepAwait:
				overdue = !s.awaitWriter(u, l)
			case stepEnd:
				return
			}
		}
	}
}

// awaitWriter waits for a writer that has given the kernel the end of the
// oldest request and had no time yet to say so: the answer may overtake it. It
// also waits for one that may know why the server's stream has ended. It is
// false when that takes too long to be so.
func (s *shard) awaitWriter(u *user, l *link) bool {
	limit := time.NewTimer(writerGrace)
	defer limit.Stop()
	for {
		s.mu.Lock()
		wait := u.link == l && (s.mayBeWritten(u) || l.ended && l.writeErr == nil && s.unwritten(u))
		s.release()
		if !wait {
			return true
		}
		select {
		case <-l.flushed:
		case <-limit.C:
			return false
		}
	}
}

// unwritten tells whether the end of the oldest request is not known to be
// written; mayBeWritten whether it may be all the same.
func (s *shard) unwritten(u *user) bool { return u.link.unwritten >= len(u.flights) }

func (s *shard) mayBeWritten(u *user) bool { return s.unwritten(u) && u.link.lastBegun }

// receive acts on what one read brought, or goes on with what an earlier one
// left. Its stamp is taken with the shard in hand, so that the window's ends and
// all that is counted keep one order.
func (s *shard) receive(u *user, l *link, data []byte, err error, overdue bool) step {
	if u.link != l {
		return stepEnd
	}
	now := clock.Now()
	s.mark(now)
	s.out.now.Received += uint64(len(data))
	s.moved += uint64(len(data))
	if len(u.carry) > 0 {
		u.carry = append(u.carry, data...)
		data = u.carry
	}
	rest, await := s.consume(u, data, now, overdue)
	if u.link != l {
		return stepEnd
	}
	u.carry = keep(u.carry, rest)
	if await {
		return stepAwait
	}
	s.proceed(u)
	s.launch(clock.Now())
	switch {
	case u.link != l:
		return stepEnd
	case err == nil:
		return stepRead
	case l.writeErr != nil:
		s.broken(u, writeCause(l.writeErr), l.writeErr)
	case !overdue && len(u.flights) > 0 && s.unwritten(u) && errors.Is(err, io.EOF):
		// The kernel tells of a reset once: the read that follows the write
		// which it broke sees an end like any other.
		l.ended = true
		return stepAwait
	case errors.Is(err, io.EOF):
		s.peerClosed(u, now)
	default:
		s.broken(u, readCause(err), err)
	}
	return stepEnd
}

// keep moves what was not consumed into the user's own buffer, and lets go of
// that when nothing is left.
func keep(carry, rest []byte) []byte {
	if len(rest) == 0 {
		return nil
	}
	return append(carry[:0], rest...)
}

// proceed finds the user something to do after its answers were read.
func (s *shard) proceed(u *user) {
	if every := s.spec.Connection.ReconnectEvery; every > 0 && u.issued >= every && len(u.flights) == 0 {
		s.recycle(u)
		return
	}
	if s.sending && s.phase.loop == results.ClosedLoop {
		if s.canAsk(u) {
			s.refill(u)
		}
		return
	}
	s.offer(u)
}

// consume takes whole answers off the data and returns what is left: an
// incomplete head, or what must await the writer unless that is overdue.
func (s *shard) consume(u *user, data []byte, now int64, overdue bool) (rest []byte, await bool) {
	for len(data) > 0 {
		if len(u.flights) == 0 {
			s.surplus(u, data, now)
			return nil, false
		}
		f := &u.flights[0]
		if !f.begun {
			s.failFlights(u, now, results.CauseClosed, "lost with its connection before it was sent")
			s.surplus(u, data, now)
			return nil, false
		}
		if f.FirstByte == 0 {
			if s.mayBeWritten(u) && !overdue {
				return data, true
			}
			f.FirstByte = now
			if s.unwritten(u) {
				s.fail(u, f, now, results.CauseEarlyReply, "the answer began before the request's body was written")
				s.restart(u)
				return nil, false
			}
		}
		taken, done, keepAlive := s.recognise(u, f, data)
		if !done {
			var err error
			if taken, done, err = s.parse(u, f, data); err != nil {
				s.fail(u, f, now, results.CauseProtocol, err.Error())
				s.restart(u)
				return nil, false
			}
			keepAlive = u.parser.KeepAlive
		}
		data = data[taken:]
		if !done {
			return data, false
		}
		s.complete(u, f, now)
		if !keepAlive {
			s.announcedClose(u, now)
			return nil, false
		}
	}
	return nil, false
}

// recognise takes a whole answer whose head is the remembered one.
func (s *shard) recognise(u *user, f *flight, data []byte) (taken int, done, keepAlive bool) {
	if !u.fresh {
		return 0, false, false
	}
	head, total, ok := s.memos[f.Request].Match(data)
	if !ok {
		return 0, false, false
	}
	a := &s.answers[f.Request]
	u.check.Reset()
	if !u.check.Body(a, data[head:total]) {
		f.cause = bodyCause(&u.check, a)
	} else if !u.check.Done(a) {
		f.cause = results.CauseLength
	}
	s.out.now.ReceivedBody += uint64(total - head)
	u.parser.Status = s.memos[f.Request].Status()
	return total, true, true
}

// parse reads on in one answer until its end or the data's, and returns how
// many bytes it took.
func (s *shard) parse(u *user, f *flight, data []byte) (taken int, done bool, err error) {
	if u.fresh {
		u.fresh, u.inBody = false, false
		u.parser.Expect(s.requests[f.Request].NoBody)
		u.check.Reset()
	}
	a := &s.answers[f.Request]
	for {
		n, ev, err := u.parser.Next(data[taken:])
		if err != nil {
			return taken, false, err
		}
		switch ev {
		case wire.NeedMore:
			return taken + n, false, nil
		case wire.Head:
			u.inBody = true
			if !a.StatusOK(u.parser.Status) {
				f.cause = results.CauseStatus
			} else {
				s.memos[f.Request].Learn(data[taken:taken+n], &u.parser)
			}
		case wire.Body:
			span := u.parser.Span(data[taken:])
			s.out.now.ReceivedBody += uint64(len(span))
			if f.cause == "" && !u.check.Body(a, span) {
				f.cause = bodyCause(&u.check, a)
			}
		case wire.End:
			u.fresh = true
			if f.cause == "" && !u.check.Done(a) {
				f.cause = results.CauseLength
			}
			return taken + n, true, nil
		}
		taken += n
	}
}

// complete counts an answer that has come to its end.
func (s *shard) complete(u *user, f *flight, now int64) {
	if f.cause != "" {
		s.fail(u, f, now, f.cause, s.describe(u, f))
	} else {
		s.completed++
		s.out.Answered(&f.Exchange, now, u.parser.Status)
	}
	u.failures, u.link.answered = 0, true
	if s.room(u) <= 0 {
		u.idleSince = now
	}
	s.pop(u)
	if len(u.flights) == 0 {
		u.deadline = never
	} else {
		s.setDeadline(u, u.flights[0].Sent+int64(s.spec.RequestTimeout))
	}
	if s.phase != nil && s.phase.thinkSpin > 0 {
		for until := clock.Now() + s.phase.thinkSpin; clock.Now() < until; {
		}
	}
}

// pop takes the oldest request off the user's flights.
func (s *shard) pop(u *user) {
	u.flights = u.flights[:copy(u.flights, u.flights[1:])]
	s.inFlight--
}

// describe says in words what was wrong with an answer.
func (s *shard) describe(u *user, f *flight) string {
	a := &s.answers[f.Request]
	name := s.spec.Requests[f.Request].Name
	switch f.cause {
	case results.CauseStatus:
		return fmt.Sprintf("%s: status %d where %s counts as right", name, u.parser.Status, a.WantedStatus())
	case results.CauseLength:
		return fmt.Sprintf("%s: a body of %d bytes where %d count as right", name, u.check.Seen(), len(a.Body))
	case results.CauseBody:
		return fmt.Sprintf("%s: a body that differs from the %d bytes that count as right", name, len(a.Body))
	}
	return fmt.Sprintf("%s: %s", name, f.cause)
}
