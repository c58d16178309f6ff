package core

import (
	"fmt"
	"io"

	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// handle acts on one event.
func (w *worker) handle(ev *backend.Event) {
	if ev.Conn == backend.Woken {
		w.adopt()
		return
	}
	c := &w.conns[ev.Conn]
	switch c.state {
	case stateConnecting:
		w.finishConnect(c)
	case stateOpen:
		if ev.What&^backend.Writable != 0 {
			w.receive(c, ev.What&backend.Ended != 0)
		}
		if ev.What&backend.Writable != 0 && c.state == stateOpen && c.unwritten() {
			w.flush(c)
		}
	}
}

// receive reads once and acts on what came. Where the stream ends it reads on
// to its end, so that nothing is asked behind the last answer. An event may tell
// of the answer and not yet of the end that came with it: once the server has
// ended a stream behind an answer, receive looks for an end behind each.
func (w *worker) receive(c *conn, ends bool) {
	if c.secret != nil {
		w.receiveSecret(c)
		return
	}
	took := false
	for lives := c.lives; c.lives == lives && c.state == stateOpen; {
		n, lag, err := w.read(c)
		now := clock.Now()
		if lag >= 0 {
			w.out.Received(now, lag)
		}
		if now >= w.nextMark {
			w.mark(now)
		}
		switch {
		case n > 0:
		case err == nil:
			if took && !ends {
				w.proceed(c)
			}
			return
		case err == io.EOF:
			w.endsBehind = w.endsBehind || took
			w.peerClosed(c, now)
			return
		default:
			w.broken(c, err)
			return
		}
		w.take(c, w.buf[:n], now)
		took = true
		if ends || w.endsBehind && c.count == 0 {
			continue
		}
		if c.state == stateOpen {
			w.proceed(c)
		}
		return
	}
}

// read reads once; lag is how long the bytes have lain there, in nanoseconds,
// -1 where that is not known.
func (w *worker) read(c *conn) (n int, lag int64, err error) {
	if c.stamped != nil {
		return c.stamped.ReadStamped(w.buf)
	}
	n, err = c.io.Read(w.buf)
	return n, -1, err
}

// take consumes what one read brought.
func (w *worker) take(c *conn, data []byte, now int64) {
	w.out.now.traffic.Received += uint64(len(data))
	if len(c.carry) > 0 {
		c.carry = append(c.carry, data...)
		data = c.carry
	}
	if rest := w.consume(c, data, now); c.state == stateOpen {
		c.carry = keep(c.carry, rest)
	}
}

// keep moves what was not consumed into the connection's own buffer, and lets
// go of that when nothing is left.
func keep(carry, rest []byte) []byte {
	if len(rest) == 0 {
		return nil
	}
	return append(carry[:0], rest...)
}

// proceed finds the connection something to do after its answers were read.
func (w *worker) proceed(c *conn) {
	if every := w.spec.Connection.ReconnectEvery; every > 0 && c.issued >= every && c.count == 0 {
		w.recycle(c)
		return
	}
	if w.programs != nil && c.count > 0 {
		w.advanceExchange(c)
		return
	}
	if w.sending && w.phase != nil && w.phase.loop == results.ClosedLoop {
		// A pipeline is refilled when half of it is answered: one write then
		// sends several requests, and the server is never without one.
		if room := w.room(c); room > 0 && (c.count == 0 || room >= (len(c.ring)+1)/2) {
			w.refill(c)
		}
		return
	}
	w.offer(c)
}

// consume takes whole answers off the data and returns what is left: bytes that
// the codec must be shown again.
func (w *worker) consume(c *conn, data []byte, now int64) []byte {
	for len(data) > 0 {
		if c.count == 0 {
			w.surplus(c, data, now)
			return nil
		}
		f := c.oldest()
		if f.FirstByte == 0 {
			f.FirstByte = now
			if c.count == 1 && c.unwritten() && w.programs == nil {
				w.earlyReply(c, now)
				return nil
			}
		}
		n, a, err := w.decode(c, f, data)
		if err != nil {
			w.malformed(c, now, a, err)
			return nil
		}
		data = data[n:]
		if a.Event != codec.End {
			return data
		}
		w.complete(c, now, a)
		if !a.Keep {
			w.announcedClose(c, now)
			return nil
		}
	}
	return nil
}

// decode reads on in the oldest answer until its end or the data's, and returns
// how many bytes it took.
func (w *worker) decode(c *conn, f *record.Exchange, data []byte) (n int, a codec.Answer, err error) {
	for {
		var took int
		took, a, err = c.codec.Next(f.Request, data[n:])
		n += took
		w.out.now.traffic.ReceivedBody += uint64(a.Body)
		switch {
		case err != nil:
			return n, a, err
		case a.Event == codec.Interim:
			w.interim(c, f, a.Status)
		case a.Event == codec.Head:
			if err := w.final(c, f); err != nil {
				return n, a, err
			}
		default:
			return n, a, nil
		}
	}
}

// complete counts the oldest answer, which has come to its end.
func (w *worker) complete(c *conn, now int64, a codec.Answer) {
	f := c.oldest()
	if a.Cause != "" {
		w.fail(f, now, failure{a.Cause, a.Status, c.codec.Describe(f.Request, a.Cause)})
	} else {
		w.completed++
		w.out.Answered(f, now, a.Status)
	}
	c.failures, c.answered = 0, true
	if w.room(c) <= 0 {
		c.idleSince = now
	}
	c.pop()
	w.inFlight--
	if c.count == 0 {
		w.deadlines[c.id] = never
	} else {
		w.setDeadline(c, c.oldest().Sent+int64(w.spec.RequestTimeout))
	}
	if w.phase.thinkSpin > 0 {
		for until := clock.Now() + w.phase.thinkSpin; clock.Now() < until; {
		}
	}
}

// failure says why a request failed: status is that of its answer, where the
// status is the cause.
type failure struct {
	cause  results.Cause
	status int
	detail string
}

// fail counts a failed request.
func (w *worker) fail(f *record.Exchange, now int64, why failure) {
	if why.cause != results.CauseStatus {
		why.status = 0
	}
	w.failed++
	w.out.Failed(f, now, why.cause, why.status, why.detail)
}

// surplus acts on bytes that answer no request. The connection is replaced,
// since what else would come on it could not be told from an answer.
func (w *worker) surplus(c *conn, data []byte, now int64) {
	w.out.Surplus(fmt.Sprintf("bytes that answer no request: %.60q", data))
	w.replace(c, now)
}

// peerClosed acts on the end of the server's stream.
func (w *worker) peerClosed(c *conn, now int64) {
	if c.count == 0 {
		w.out.Counts.UnannouncedCloses++
		w.replace(c, now)
		return
	}
	a, err := c.codec.End(c.oldest().Request)
	if err != nil {
		w.brokenWith(c, a.Cause, err.Error())
		return
	}
	w.complete(c, now, a)
	w.announcedClose(c, now)
}

// announcedClose replaces a connection whose last answer said that it would be
// closed. Requests behind that answer are lost.
func (w *worker) announcedClose(c *conn, now int64) {
	w.out.Counts.AnnouncedCloses++
	w.failFlights(c, now, results.CauseClosed, "the server announced a close before it had answered all requests of the pipeline")
	w.recycle(c)
}

// writeBroken ends a connection that takes no more bytes. Where an answer lies
// there already, it came before its request was written, and is why.
func (w *worker) writeBroken(c *conn, err error) {
	if len(c.ring) == 1 {
		if n, _ := c.io.Read(w.buf); n > 0 {
			w.out.now.traffic.Received += uint64(n)
			w.earlyReply(c, clock.Now())
			return
		}
	}
	w.broken(c, err)
}

// earlyReply fails the only request in flight, whose answer came too soon.
func (w *worker) earlyReply(c *conn, now int64) {
	w.fail(c.oldest(), now, failure{cause: results.CauseEarlyReply, detail: "the answer began before the request's body was written"})
	w.restart(c)
}

// broken ends a connection on which something went wrong.
func (w *worker) broken(c *conn, err error) {
	cause := backend.CauseOf(err)
	w.brokenWith(c, cause, fmt.Sprintf("connection lost: %s: %v", cause, err))
}

func (w *worker) brokenWith(c *conn, cause results.Cause, detail string) {
	now := clock.Now()
	if c.count == 0 {
		w.out.Counts.UnannouncedCloses++
	}
	w.failFlights(c, now, cause, detail)
	w.replace(c, now)
}

// failFlights fails every request in flight on the connection.
func (w *worker) failFlights(c *conn, now int64, cause results.Cause, detail string) {
	for c.count > 0 {
		w.fail(c.oldest(), now, failure{cause: cause, detail: detail})
		c.pop()
		w.inFlight--
	}
}

// restart replaces a connection after a failure; requests still in flight on
// it are counted as lost with it.
func (w *worker) restart(c *conn) {
	if c.count > 0 {
		c.pop() // the one that failed is counted already
		w.inFlight--
		w.failFlights(c, clock.Now(), results.CauseClosed, "lost with its connection")
	}
	w.replace(c, clock.Now())
}
