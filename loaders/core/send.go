package core

import (
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// room is how many requests the connection may take now.
func (w *worker) room(c *conn) int {
	room := int(min(int64(len(c.ring)-c.count), w.quota))
	if every := w.spec.Connection.ReconnectEvery; every > 0 {
		room = min(room, every-c.issued)
	}
	return room
}

// takeIdle returns the connection that has been idle for longest, nil when
// there is none. Entries of connections that went down meanwhile are skipped.
func (w *worker) takeIdle() *conn {
	for w.idle.len() > 0 {
		c := &w.conns[w.idle.pop()]
		c.queued = false
		if c.state == stateOpen && w.room(c) > 0 {
			return c
		}
	}
	return nil
}

// offer puts a connection that can take a request into the idle queue.
func (w *worker) offer(c *conn) {
	if !c.queued && c.state == stateOpen && w.room(c) > 0 {
		c.queued = true
		w.idle.push(c.id)
	}
}

// refill gives a closed-loop connection as many requests as it has room for,
// in one write.
func (w *worker) refill(c *conn) {
	now := clock.Now()
	room := w.room(c)
	if room == 1 && len(c.ring) == 1 {
		w.issue(c, now, now)
		return
	}
	w.scratch = w.scratch[:0]
	for ; room > 0; room-- {
		r := &w.requests[w.enter(c, now, now)]
		w.scratch = append(append(w.scratch, r.Head...), r.Body...)
		w.out.now.traffic.SentBody += uint64(r.BodyBytes)
	}
	w.transmit(c, w.scratch, nil)
}

// issue sends one request.
func (w *worker) issue(c *conn, intended, now int64) {
	request := w.enter(c, intended, now)
	if w.programs != nil && w.programs[request] != nil {
		w.perform(c, request)
		return
	}
	r := &w.requests[request]
	if len(c.ring) > 1 && len(r.Body) > 0 {
		w.scratch = append(append(w.scratch[:0], r.Head...), r.Body...)
		w.out.now.traffic.SentBody += uint64(r.BodyBytes)
		w.transmit(c, w.scratch, nil)
		return
	}
	if len(r.Body) == 0 {
		w.out.now.traffic.SentBody += uint64(r.BodyBytes)
	}
	w.transmit(c, r.Head, r.Body)
}

// enter puts the user's next request into the connection's flights and
// returns its number.
func (w *worker) enter(c *conn, intended, now int64) int {
	request := w.source.Next(int(c.id))
	*c.push() = record.Exchange{Intended: intended, Sent: now, Request: int32(request), Connection: c.id}
	c.issued++
	w.out.Counts.Asked++
	w.inFlight++
	w.quota--
	if c.count == 1 {
		w.setDeadline(c, now+int64(w.spec.RequestTimeout))
	}
	return request
}

// transmit writes at least one byte, then the shared tail of a large body. What the kernel
// does not take at once is kept for when it can.
func (w *worker) transmit(c *conn, head, tail []byte) {
	if c.secret != nil {
		if err := c.secret.Seal(head); err != nil {
			w.brokenWith(c, results.CauseTLS, err.Error())
			return
		}
		w.out.now.traffic.Sent += uint64(len(head))
		head = c.secret.Sealed()
	}
	waiting := c.unwritten()
	if !waiting {
		c.tail = tail
	}
	if w.put(c, head); waiting || len(tail) == 0 || c.unsent() || c.state != stateOpen {
		return
	}
	w.flush(c)
}

// put writes bytes behind those that wait, or makes them wait.
func (w *worker) put(c *conn, b []byte) {
	if c.unsent() {
		c.pending = append(c.pending, b...)
		return
	}
	n, err := c.io.Write(b)
	if err != nil {
		w.writeBroken(c, err)
		return
	}
	if c.secret == nil {
		w.out.now.traffic.Sent += uint64(n)
	}
	if n < len(b) {
		c.pending = append(c.pending[:0], b[n:]...)
		w.wantWrite(c, true)
	}
}

// flush writes once from what is kept; the loop's events call it again until
// nothing is left.
func (w *worker) flush(c *conn) {
	if c.secret != nil && !c.unsent() && len(c.tail) > 0 && !w.sealTail(c) {
		return
	}
	buf, body := c.pending, false
	if len(buf) == 0 {
		buf, body = c.tail, true
	}
	if len(buf) > 0 {
		n, err := c.io.Write(buf)
		if err != nil {
			w.writeBroken(c, err)
			return
		}
		if now := clock.Now(); now >= w.nextMark {
			w.mark(now)
		}
		if c.secret == nil {
			w.out.now.traffic.Sent += uint64(n)
		}
		if body {
			w.advance(c, n)
		} else {
			c.pending = append(c.pending[:0], c.pending[n:]...)
		}
	}
	if c.unwritten() {
		w.wantWrite(c, true)
		return
	}
	if c.count > 0 {
		c.oldest().Written = clock.Now()
	}
	w.wantWrite(c, false)
	if w.programs != nil {
		w.advanceExchange(c)
	}
}

// sealed is how much of a large body is encrypted at a time, in bytes.
const sealed = 64 << 10

// sealTail encrypts the next piece of a large body; false when that failed.
func (w *worker) sealTail(c *conn) bool {
	n := min(sealed, len(c.tail))
	if err := c.secret.Seal(c.tail[:n]); err != nil {
		w.brokenWith(c, results.CauseTLS, err.Error())
		return false
	}
	w.out.now.traffic.Sent += uint64(n)
	c.pending = append(c.pending[:0], c.secret.Sealed()...)
	w.advance(c, n)
	return true
}

// advance takes written bytes off the front of a large body.
func (w *worker) advance(c *conn, n int) {
	r := &w.requests[c.oldest().Request]
	written := len(r.Body) - len(c.tail)
	w.out.now.traffic.SentBody += bodyShare(r, written+n) - bodyShare(r, written)
	c.tail = c.tail[n:]
}

// bodyShare is how much of the body proper is in the first bytes of its framed
// form: framing is shared out evenly, and exact at the end.
func bodyShare(r *codec.Request, written int) uint64 {
	return uint64(written) * uint64(r.BodyBytes) / uint64(len(r.Body))
}

// wantWrite lets the loop tell when the connection takes bytes, or no more,
// where that changes anything.
func (w *worker) wantWrite(c *conn, want bool) {
	if c.writing == want {
		return
	}
	if err := c.io.Watch(want); err != nil {
		w.broken(c, err)
		return
	}
	c.writing = want
}
