package core

import (
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// room is how many requests the connection may take now.
func (s *shard) room(c *connection) int {
	room := int(min(int64(len(c.slots)-c.count), s.quota))
	if every := s.spec.Connection.ReconnectEvery; every > 0 {
		room = min(room, every-c.issued)
	}
	return room
}

// takeIdle returns the connection that has been idle for longest, nil when
// there is none. Entries of connections that went down meanwhile are skipped.
func (s *shard) takeIdle() *connection {
	for s.idle.count > 0 {
		c := &s.conns[*s.idle.oldest()]
		s.idle.pop()
		c.queued = false
		if c.state == stateOpen && s.room(c) > 0 {
			return c
		}
	}
	return nil
}

// offer puts a connection that can take a request into the idle queue.
func (s *shard) offer(c *connection) {
	if !c.queued && c.state == stateOpen && s.room(c) > 0 {
		c.queued = true
		*s.idle.push() = c.id
	}
}

// refill gives a closed-loop connection as many requests as it has room for,
// in one write.
func (s *shard) refill(c *connection) {
	now := clock.Now()
	room := s.room(c)
	if room == 1 && len(c.slots) == 1 {
		t, _ := s.turnOf(c, now, now)
		s.issue(c, t, now)
		return
	}
	s.scratch = s.scratch[:0]
	for ; room > 0; room-- {
		t, _ := s.turnOf(c, now, now)
		s.enter(c, t, now)
		r := &s.requests[t.request]
		s.scratch = append(append(s.scratch, r.Head...), r.Body...)
		s.out.now.traffic.SentBody += uint64(r.BodyBytes)
	}
	s.transmit(c, s.scratch, nil)
}

// issue sends one request.
func (s *shard) issue(c *connection, t turn, now int64) {
	s.enter(c, t, now)
	if s.programs != nil && s.programs[t.request] != nil {
		s.perform(c, t.request)
		return
	}
	r := &s.requests[t.request]
	if len(c.slots) > 1 && len(r.Body) > 0 {
		s.scratch = append(append(s.scratch[:0], r.Head...), r.Body...)
		s.out.now.traffic.SentBody += uint64(r.BodyBytes)
		s.transmit(c, s.scratch, nil)
		return
	}
	if len(r.Body) == 0 {
		s.out.now.traffic.SentBody += uint64(r.BodyBytes)
	}
	s.transmit(c, r.Head, r.Body)
}

// enter puts the user's request into the connection's flights.
func (s *shard) enter(c *connection, t turn, now int64) {
	*c.push() = flight{record.Exchange{Intended: t.at, Sent: now, Group: t.group, Connection: c.id}, t.request, t.id}
	c.issued++
	s.out.Asked++
	s.inFlight++
	s.quota--
	if c.count == 1 {
		s.setDeadline(c, now+int64(s.spec.RequestTimeout))
	}
}

// transmit writes at least one byte, then the shared tail of a large body. What the kernel
// does not take at once is kept for when it can.
func (s *shard) transmit(c *connection, head, tail []byte) {
	if c.secret != nil {
		if err := c.secret.Seal(head); err != nil {
			s.brokenWith(c, results.CauseTLS, err.Error())
			return
		}
		s.out.now.traffic.Sent += uint64(len(head))
		head = c.secret.Sealed()
	}
	waiting := c.unwritten()
	if !waiting {
		c.tail = tail
	}
	if s.put(c, head); waiting || len(tail) == 0 || c.unsent() || c.state != stateOpen {
		return
	}
	s.flush(c)
}

// put writes bytes behind those that wait, or makes them wait.
func (s *shard) put(c *connection, b []byte) {
	if c.unsent() {
		c.pending = append(c.pending, b...)
		return
	}
	n, err := c.io.Write(b)
	if err != nil {
		s.writeBroken(c, err)
		return
	}
	if c.secret == nil {
		s.out.now.traffic.Sent += uint64(n)
	}
	if n < len(b) {
		c.pending = append(c.pending[:0], b[n:]...)
		s.wantWrite(c, true)
	}
}

// flush writes once from what is kept; the loop's events call it again until
// nothing is left.
func (s *shard) flush(c *connection) {
	if c.secret != nil && !c.unsent() && len(c.tail) > 0 && !s.sealTail(c) {
		return
	}
	buf, body := c.pending, false
	if len(buf) == 0 {
		buf, body = c.tail, true
	}
	if len(buf) > 0 {
		n, err := c.io.Write(buf)
		if err != nil {
			s.writeBroken(c, err)
			return
		}
		if now := clock.Now(); now >= s.nextMark {
			s.mark(now)
		}
		if c.secret == nil {
			s.out.now.traffic.Sent += uint64(n)
		}
		if body {
			s.advance(c, n)
		} else {
			c.pending = append(c.pending[:0], c.pending[n:]...)
		}
	}
	if c.unwritten() {
		s.wantWrite(c, true)
		return
	}
	if c.count > 0 {
		c.oldest().Written = clock.Now()
	}
	s.wantWrite(c, false)
	if s.programs != nil {
		s.advanceExchange(c)
	}
}

// sealed is how much of a large body is encrypted at a time, in bytes.
const sealed = 64 << 10

// sealTail encrypts the next piece of a large body; false when that failed.
func (s *shard) sealTail(c *connection) bool {
	n := min(sealed, len(c.tail))
	if err := c.secret.Seal(c.tail[:n]); err != nil {
		s.brokenWith(c, results.CauseTLS, err.Error())
		return false
	}
	s.out.now.traffic.Sent += uint64(n)
	c.pending = append(c.pending[:0], c.secret.Sealed()...)
	s.advance(c, n)
	return true
}

// advance takes written bytes off the front of a large body.
func (s *shard) advance(c *connection, n int) {
	r := &s.requests[c.oldest().request]
	written := len(r.Body) - len(c.tail)
	s.out.now.traffic.SentBody += bodyShare(r, written+n) - bodyShare(r, written)
	c.tail = c.tail[n:]
}

// bodyShare is how much of the body proper is in the first bytes of its framed
// form: framing is shared out evenly, and exact at the end.
func bodyShare(r *codec.Request, written int) uint64 {
	return uint64(written) * uint64(r.BodyBytes) / uint64(len(r.Body))
}

// wantWrite lets the loop tell when the connection takes bytes, or no more,
// where that changes anything.
func (s *shard) wantWrite(c *connection, want bool) {
	if c.writing == want {
		return
	}
	if err := c.io.Watch(want); err != nil {
		s.broken(c, err)
		return
	}
	c.writing = want
}
