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

// read is the life of a link's reader.
func (s *shard) read(u *user, l *link) {
	buf := make([]byte, readStep)
	for {
		n, err := l.conn.Read(buf)
		now := clock.Now()
		if n > 0 {
			s.awaitWriter(u, l)
		}
		s.mu.Lock()
		more := s.receive(u, l, buf[:n], err, now)
		s.release()
		if !more {
			return
		}
	}
}

// awaitWriter waits for a writer that has given the kernel the end of the
// oldest request and had no time yet to say so: the answer may overtake it.
func (s *shard) awaitWriter(u *user, l *link) {
	limit := clock.Now() + int64(writerGrace)
	for {
		s.mu.Lock()
		wait := u.link == l && len(u.flights) > 0 && l.unwritten >= len(u.flights) && l.lastBegun
		s.release()
		if !wait || clock.Now() >= limit {
			return
		}
		timer := time.NewTimer(clock.Until(limit))
		select {
		case <-l.flushed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// receive acts on what one read brought. It is false when the link is done.
func (s *shard) receive(u *user, l *link, data []byte, err error, now int64) bool {
	if u.link != l {
		return false
	}
	s.mark(now)
	if len(data) > 0 {
		s.out.now.Received += uint64(len(data))
		s.moved += uint64(len(data))
		if len(u.carry) > 0 {
			u.carry = append(u.carry, data...)
			data = u.carry
		}
		rest := s.consume(u, data, now)
		if u.link != l {
			return false
		}
		u.carry = keep(u.carry, rest)
		s.proceed(u)
		s.launch(clock.Now())
	}
	switch {
	case u.link != l:
		return false
	case err == nil:
		return true
	case errors.Is(err, io.EOF):
		s.peerClosed(u, now)
	default:
		s.broken(u, readCause(err), err)
	}
	return false
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
		if s.room(u) > 0 {
			s.refill(u)
		}
		return
	}
	s.offer(u)
}

// consume takes whole answers off the data and returns what is left: an
// incomplete head.
func (s *shard) consume(u *user, data []byte, now int64) []byte {
	for len(data) > 0 {
		if len(u.flights) == 0 {
			s.surplus(u, data)
			return nil
		}
		f := &u.flights[0]
		if f.FirstByte == 0 {
			f.FirstByte = now
			if u.link.unwritten >= len(u.flights) {
				s.fail(u, f, now, results.CauseEarlyReply, "the answer began before the request's body was written")
				s.restart(u)
				return nil
			}
		}
		if u.fresh {
			if head, total, ok := s.memos[f.Request].Match(data); ok {
				s.recognised(u, f, data[head:total], len(data)-total)
				s.complete(u, f, now)
				data = data[total:]
				continue
			}
		}
		n, done, err := s.parse(u, f, data)
		if err != nil {
			s.fail(u, f, now, results.CauseProtocol, err.Error())
			s.restart(u)
			return nil
		}
		data = data[n:]
		if !done {
			return data
		}
		s.surplusBehind(u, f, len(data))
		keepAlive := u.parser.KeepAlive
		s.complete(u, f, now)
		if !keepAlive {
			s.announcedClose(u, now)
			return nil
		}
	}
	return nil
}

// recognised checks an answer whose head is the remembered one.
func (s *shard) recognised(u *user, f *flight, body []byte, behind int) {
	s.out.now.ReceivedBody += uint64(len(body))
	a := &s.answers[f.Request]
	u.check.Reset()
	if !u.check.Body(a, body) {
		f.cause = bodyCause(&u.check, a)
	} else if !u.check.Done(a) {
		f.cause = results.CauseLength
	}
	s.surplusBehind(u, f, behind)
	u.parser.Status = a.Status
}

// surplusBehind finds an answer wrong that has bytes behind it which answer
// nothing.
func (s *shard) surplusBehind(u *user, f *flight, behind int) {
	if len(u.flights) == 1 && behind > 0 && f.cause == "" {
		f.cause = results.CauseProtocol
	}
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
			if u.parser.Status != a.Status {
				f.cause = results.CauseStatus
			} else {
				s.memos[f.Request].Learn(data[taken:taken+n], &u.parser)
			}
		case wire.Body:
			span := u.parser.Span(data[taken:])
			s.out.now.ReceivedBody += uint64(len(span))
			if !u.check.Body(a, span) && f.cause == "" {
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
		u.failures = 0
		s.completed++
		s.out.Answered(&f.Exchange, now, u.parser.Status)
	}
	s.pop(u)
	u.idleSince = now
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
		return fmt.Sprintf("%s: status %d where %d counts as right", name, u.parser.Status, a.Status)
	case results.CauseLength:
		return fmt.Sprintf("%s: a body of %d bytes where %d count as right", name, u.check.Seen(), len(a.Body))
	case results.CauseBody:
		return fmt.Sprintf("%s: a body that differs from the %d bytes that count as right", name, len(a.Body))
	}
	return fmt.Sprintf("%s: bytes behind the end of the answer", name)
}
