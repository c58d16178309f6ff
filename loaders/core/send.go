package core

import (
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// room returns how many requests the connection may take now.
func (s *shard) room(c *connection) int {
	room := int(min(int64(len(c.slots)-c.count), s.quota))
	if every := s.spec.Connection.ReconnectEvery; every > 0 {
		room = min(room, every-c.issued)
	}
	return room
}

// takeIdle returns the connection that has been idle for longest, nil where there is
// none. It skips connections that went down since they were queued.
func (s *shard) takeIdle() *connection { return s.takeFrom(&s.idle) }

// takeFrom is takeIdle for one of several queues.
func (s *shard) takeFrom(idle *ring[int32]) *connection {
	for idle.count > 0 {
		c := &s.conns[*idle.oldest()]
		idle.pop()
		c.queued = false
		if c.ready() && s.room(c) > 0 {
			return c
		}
	}
	return nil
}

// offer puts a connection that can take a request into the idle queue.
func (s *shard) offer(c *connection) {
	if !c.queued && c.ready() && s.room(c) > 0 {
		c.queued = true
		if s.hosts != nil {
			s.hosts.offer(c)
			return
		}
		*s.idle.push() = c.id
	}
}

// refill gives a closed-loop connection as many requests as it has room for, in one
// write. The sources that come here, those of a Spec and scripts, end for all at once.
func (s *shard) refill(c *connection) {
	now := clock.Now()
	room := s.room(c)
	if room == 1 && len(c.slots) == 1 {
		ask, ok := s.source.Next(c.id, now)
		if !ok {
			s.quota = 0
			return
		}
		s.issue(c, turnOf(c, now, ask), now)
		return
	}
	s.scratch = s.scratch[:0]
	for ; room > 0; room-- {
		ask, ok := s.source.Next(c.id, now)
		if !ok {
			s.quota = 0
			break
		}
		r := s.asked(c, s.enter(c, turnOf(c, now, ask), now))
		s.scratch = append(append(s.scratch, r.Head...), r.Body...)
		s.out.now.traffic.SentBody += uint64(r.BodyBytes)
	}
	if len(s.scratch) > 0 {
		s.transmit(c, s.scratch, nil)
	}
}

// issue sends the request of the turn, where needed on a connection that it makes first.
func (s *shard) issue(c *connection, t turn, now int64) {
	f := s.enter(c, t, now)
	if c.state == stateAsked {
		c.ordered, f.unsent = true, true
		s.dial(c)
		return
	}
	if s.programs != nil && s.programs[t.request] != nil {
		s.perform(c, t.request)
		return
	}
	s.write(c, f)
}

// write sends the whole request of the flight.
func (s *shard) write(c *connection, f *flight) {
	r := s.asked(c, f)
	head, tail := r.Head, r.Body
	if len(c.slots) > 1 && len(tail) > 0 { // a pipeline has no place for the tails of several
		s.scratch = append(append(s.scratch[:0], head...), tail...)
		head, tail = s.scratch, nil
	}
	if len(tail) == 0 {
		s.out.now.traffic.SentBody += uint64(r.BodyBytes)
	}
	s.transmit(c, head, tail)
}

// enter puts the request of the turn in flight on the connection, as its newest.
func (s *shard) enter(c *connection, t turn, now int64) *flight {
	f := c.push()
	f.Exchange = record.Exchange{Intended: t.at, Sent: now, Group: t.group, Connection: c.id}
	f.request, f.user, f.row, f.followed, f.unsent, f.rendered, f.written = t.request, t.id, t.row, 0, false, false, 0
	if s.values != nil {
		s.render(c, f)
	}
	if s.ids != nil {
		f.Number = s.ids.take()
		s.ids.stamp(s.asked(c, f), f.Number)
	}
	c.issued++
	s.out.Counts.Asked++
	if s.borrowing {
		s.perUser[t.id]++
	}
	s.inFlight++
	s.quota--
	if c.count == 1 {
		s.setDeadline(c, now+s.timeout(t.request))
	}
	return f
}

// transmit writes head, which is not empty, then the shared tail of a large body. The
// connection keeps the bytes that the system does not take at once.
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
	s.put(c, head)
	if c.steps != nil {
		c.noteWritten()
	}
	if waiting || len(tail) == 0 || c.unsent() || c.state != stateOpen {
		return
	}
	s.flush(c)
}

// put writes bytes, or queues them behind those that wait.
func (s *shard) put(c *connection, b []byte) {
	if c.unsent() {
		c.pending = append(c.pending, b...)
		return
	}
	n, err := c.io.Write(b)
	if err != nil {
		c.pending = append(c.pending[:0], b...)
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

// writable acts on an event that the connection takes bytes.
func (s *shard) writable(c *connection) {
	if c.unwritten() {
		s.flush(c)
	} else {
		s.wantWrite(c, false)
	}
}

// flush writes once from the bytes that wait. Events of the loop call it again until
// none wait.
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
	if c.count > 0 && c.oldest().followed == 0 {
		c.oldest().Written = clock.Now()
	}
	if c.steps != nil {
		c.noteWritten()
	}
	s.wantWrite(c, false)
	if s.programs != nil {
		s.advanceExchange(c)
	}
}

// sealed is how many bytes of a large body are encrypted at a time.
const sealed = 64 << 10

// sealTail encrypts the next piece of a large body. It reports whether that succeeded.
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
	r := s.asked(c, c.oldest())
	sent := r.Size() - int64(len(c.tail))
	s.out.now.traffic.SentBody += partOf(r, sent+int64(n)) - partOf(r, sent)
	c.tail = c.tail[n:]
}

// wantWrite sets whether the loop reports when the connection takes bytes.
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
