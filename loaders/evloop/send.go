//go:build linux

package evloop

import (
	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/loaders/wire"
	"github.com/joust-bench/joust/results"
)

// room is how many requests the connection may take now.
func (w *worker) room(c *conn) int {
	room := len(c.flights) - c.count
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

// launch sends what is due, each on the longest idle connection. What finds
// none stays due: its latency counts from its intended instant all the same.
func (w *worker) launch(now int64) {
	for w.due <= now {
		c := w.takeIdle()
		if c == nil {
			return
		}
		w.out.Lag(w.due, c.idleSince, now)
		w.launched++
		due := w.due
		w.due = w.next(w.cursor)
		w.issue(c, due, now)
		w.offer(c)
		now = clock.Now()
	}
}

// refill gives a closed-loop connection as many requests as it has room for,
// in one write.
func (w *worker) refill(c *conn) {
	now := clock.Now()
	room := w.room(c)
	if room == 1 && len(c.flights) == 1 {
		w.issue(c, now, now)
		return
	}
	w.scratch = w.scratch[:0]
	for ; room > 0; room-- {
		r := &w.requests[w.take(c, now, now)]
		w.scratch = append(append(w.scratch, r.Head...), r.Body...)
		w.out.now.traffic.SentBody += uint64(r.BodyBytes)
	}
	w.transmit(c, w.scratch, nil)
}

// issue sends one request.
func (w *worker) issue(c *conn, intended, now int64) {
	r := &w.requests[w.take(c, intended, now)]
	if len(c.flights) > 1 && len(r.Body) > 0 {
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

// take enters the user's next request into the connection's flights and
// returns its number.
func (w *worker) take(c *conn, intended, now int64) int {
	request := w.source.Next(int(c.id))
	*c.push() = flight{Exchange: record.Exchange{Intended: intended, Sent: now, Request: int32(request)}}
	c.issued++
	w.inFlight++
	if c.count == 1 {
		w.setDeadline(c, now+int64(w.spec.RequestTimeout))
	}
	return request
}

// transmit writes bytes, then the shared tail of a large body. What the kernel
// does not take at once is kept for when it can.
func (w *worker) transmit(c *conn, head, tail []byte) {
	if c.unwritten() {
		c.pending = append(c.pending, head...)
		return
	}
	n, errno := write(c.fd, head)
	switch {
	case errno == unix.EAGAIN:
		n = 0
	case errno != 0:
		w.writeBroken(c, errno)
		return
	}
	w.out.now.traffic.Sent += uint64(n)
	c.tail = tail
	if n < len(head) {
		c.pending = append(c.pending[:0], head[n:]...)
		w.wantWrite(c, true)
		return
	}
	if len(tail) > 0 {
		w.flush(c)
	}
}

// flush writes once from what is kept; a level-triggered EPOLLOUT calls it
// again until nothing is left.
func (w *worker) flush(c *conn) {
	buf, body := c.pending, false
	if len(buf) == 0 {
		buf, body = c.tail, true
	}
	if len(buf) > 0 {
		n, errno := write(c.fd, buf)
		switch {
		case errno == unix.EAGAIN:
			n = 0
		case errno != 0:
			w.writeBroken(c, errno)
			return
		}
		if now := clock.Now(); now >= w.nextMark {
			w.mark(now)
		}
		w.out.now.traffic.Sent += uint64(n)
		if body {
			r := &w.requests[c.oldest().Request]
			written := len(r.Body) - len(c.tail)
			w.out.now.traffic.SentBody += bodyShare(r, written+n) - bodyShare(r, written)
			c.tail = c.tail[n:]
		} else {
			c.pending = append(c.pending[:0], c.pending[n:]...)
		}
	}
	if c.unwritten() {
		w.wantWrite(c, true)
		return
	}
	c.oldest().Written = clock.Now()
	w.wantWrite(c, false)
}

// bodyShare is how much of the body proper is in the first bytes of its framed
// form: framing is shared out evenly, and exact at the end.
func bodyShare(r *wire.Request, written int) uint64 {
	return uint64(written) * uint64(r.BodyBytes) / uint64(len(r.Body))
}

// wantWrite arms or disarms EPOLLOUT where that changes anything.
func (w *worker) wantWrite(c *conn, want bool) {
	if c.writing == want {
		return
	}
	events := uint32(unix.EPOLLIN)
	if want {
		events |= unix.EPOLLOUT
	}
	if err := w.poller.modify(int(c.fd), int(c.id), events); err != nil {
		w.broken(c, results.CauseLocal, asErrno(err))
		return
	}
	c.writing = want
}
