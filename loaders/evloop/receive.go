//go:build linux

package evloop

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/wire"
	"github.com/joust-bench/joust/results"
)

// ending are the events that tell of a stream's end, perhaps behind an answer.
const ending = uint32(unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR)

// handle acts on one event.
func (w *worker) handle(ev *unix.EpollEvent) {
	if ev.Fd == wakeToken {
		w.poller.drainWake()
		w.adopt()
		return
	}
	c := &w.conns[ev.Fd]
	switch c.state {
	case stateConnecting:
		w.finishConnect(c)
	case stateOpen:
		if ev.Events&^uint32(unix.EPOLLOUT) != 0 {
			w.receive(c, ev.Events&ending != 0)
		}
		if ev.Events&unix.EPOLLOUT != 0 && c.state == stateOpen && c.unwritten() {
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
	for fd := c.fd; c.fd == fd && c.state == stateOpen; {
		n, lag, errno := w.read(c)
		now := clock.Now()
		if lag >= 0 {
			w.out.Received(now, lag)
		}
		if now >= w.nextMark {
			w.mark(now)
		}
		switch {
		case errno == unix.EAGAIN:
			if took && !ends {
				w.proceed(c)
			}
			return
		case errno != 0:
			w.broken(c, readCause(errno), errno)
			return
		case n == 0:
			w.endsBehind = w.endsBehind || took
			w.peerClosed(c, now)
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
func (w *worker) read(c *conn) (n int, lag int64, errno syscall.Errno) {
	if c.stamped {
		return w.stamps.read(c.fd, w.buf)
	}
	n, errno = read(c.fd, w.buf)
	return n, -1, errno
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
		if room := w.room(c); room > 0 && (c.count == 0 || room >= (len(c.flights)+1)/2) {
			w.refill(c)
		}
		return
	}
	w.offer(c)
}

// consume takes whole answers off the data and returns what is left: an
// incomplete head.
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
		taken, done, keepAlive := w.recognise(c, f, data)
		if !done {
			var err error
			if taken, done, err = w.parse(c, f, data); err != nil {
				w.malformed(c, f, now, err)
				return nil
			}
			keepAlive = c.parser.KeepAlive
		}
		data = data[taken:]
		if !done {
			return data
		}
		w.complete(c, f, now)
		if !keepAlive {
			w.announcedClose(c, now)
			return nil
		}
	}
	return nil
}

// recognise takes a whole answer whose head is the remembered one.
func (w *worker) recognise(c *conn, f *flight, data []byte) (taken int, done, keepAlive bool) {
	if !c.fresh || w.programs != nil {
		return 0, false, false
	}
	head, total, ok := w.memos[f.Request].Match(data)
	if !ok {
		return 0, false, false
	}
	a := &w.answers[f.Request]
	c.check.Reset()
	if !c.check.Body(a, data[head:total]) {
		f.cause = bodyCause(&c.check, a)
	} else if !c.check.Done(a) {
		f.cause = results.CauseLength
	}
	w.out.now.traffic.ReceivedBody += uint64(total - head)
	c.parser.Status = w.memos[f.Request].Status()
	return total, true, true
}

// parse reads on in one answer until its end or the data's, and returns how
// many bytes it took.
func (w *worker) parse(c *conn, f *flight, data []byte) (taken int, done bool, err error) {
	if c.fresh {
		c.fresh, c.inBody = false, false
		c.parser.Expect(w.requests[f.Request].NoBody)
		c.check.Reset()
	}
	a := &w.answers[f.Request]
	for {
		n, ev, err := c.parser.Next(data[taken:])
		if err != nil {
			return taken, false, err
		}
		switch ev {
		case wire.NeedMore:
			return taken + n, false, nil
		case wire.Interim:
			if w.programs != nil {
				w.interim(c, f)
			}
		case wire.Head:
			if w.programs != nil {
				if err := w.final(c, f); err != nil {
					return taken, false, err
				}
			}
			c.inBody = true
			if !a.StatusOK(c.parser.Status) {
				f.cause = results.CauseStatus
			} else {
				w.memos[f.Request].Learn(data[taken:taken+n], &c.parser)
			}
		case wire.Body:
			span := c.parser.Span(data[taken:])
			w.out.now.traffic.ReceivedBody += uint64(len(span))
			if f.cause == "" && !c.check.Body(a, span) {
				f.cause = bodyCause(&c.check, a)
			}
		case wire.End:
			c.fresh = true
			if f.cause == "" && !c.check.Done(a) {
				f.cause = results.CauseLength
			}
			return taken + n, true, nil
		}
		taken += n
	}
}

// bodyCause tells a body that is too long from one that is wrong.
func bodyCause(check *wire.Check, a *wire.Answer) results.Cause {
	if check.Seen() > int64(len(a.Body)) {
		return results.CauseLength
	}
	return results.CauseBody
}

// complete counts an answer that has come to its end.
func (w *worker) complete(c *conn, f *flight, now int64) {
	if f.cause != "" {
		w.fail(c, f, now, f.cause, w.describe(c, f))
	} else {
		w.completed++
		w.out.Answered(&f.Exchange, now, c.parser.Status)
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

// fail counts a failed request.
func (w *worker) fail(c *conn, f *flight, now int64, cause results.Cause, detail string) {
	status := 0
	if cause == results.CauseStatus {
		status = c.parser.Status
	}
	w.failed++
	w.out.Failed(&f.Exchange, now, cause, status, detail)
}

// describe says in words what was wrong with an answer.
func (w *worker) describe(c *conn, f *flight) string {
	a := &w.answers[f.Request]
	name := w.spec.Requests[f.Request].Name
	switch f.cause {
	case results.CauseStatus:
		return fmt.Sprintf("%s: status %d where %s counts as right", name, c.parser.Status, a.WantedStatus())
	case results.CauseLength:
		return fmt.Sprintf("%s: a body of %d bytes where %d count as right", name, c.check.Seen(), len(a.Body))
	case results.CauseBody:
		return fmt.Sprintf("%s: a body that differs from the %d bytes that count as right", name, len(a.Body))
	}
	return fmt.Sprintf("%s: %s", name, f.cause)
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
		w.out.UnannouncedCloses++
		w.replace(c, now)
		return
	}
	f := c.oldest()
	ev, err := c.parser.EOF()
	switch {
	case err == nil && ev == wire.End:
		c.fresh = true
		if f.cause == "" && !c.check.Done(&w.answers[f.Request]) {
			f.cause = results.CauseLength
		}
		w.complete(c, f, now)
		w.announcedClose(c, now)
	case errors.Is(err, wire.ErrIdle):
		w.broken(c, results.CauseClosed, 0)
	case c.inBody:
		w.brokenWith(c, results.CauseLength, err.Error())
	default:
		w.brokenWith(c, results.CauseClosed, err.Error())
	}
}

// announcedClose replaces a connection whose last answer said that it would be
// closed. Requests behind that answer are lost.
func (w *worker) announcedClose(c *conn, now int64) {
	w.out.AnnouncedCloses++
	w.failFlights(c, now, results.CauseClosed, "the server announced a close before it had answered all requests of the pipeline")
	w.recycle(c)
}

// writeBroken ends a connection that takes no more bytes. Where an answer lies
// there already, it came before its request was written, and is why.
func (w *worker) writeBroken(c *conn, errno syscall.Errno) {
	if len(c.flights) == 1 {
		if n, none := read(c.fd, w.buf); none == 0 && n > 0 {
			w.out.now.traffic.Received += uint64(n)
			w.earlyReply(c, clock.Now())
			return
		}
	}
	w.broken(c, writeCause(errno), errno)
}

// earlyReply fails the only request in flight, whose answer came too soon.
func (w *worker) earlyReply(c *conn, now int64) {
	w.fail(c, c.oldest(), now, results.CauseEarlyReply, "the answer began before the request's body was written")
	w.restart(c)
}

// broken ends a connection on which something went wrong.
func (w *worker) broken(c *conn, cause results.Cause, errno syscall.Errno) {
	detail := fmt.Sprintf("connection lost: %s", cause)
	if errno != 0 {
		detail = fmt.Sprintf("connection lost: %s: %v", cause, errno)
	}
	w.brokenWith(c, cause, detail)
}

func (w *worker) brokenWith(c *conn, cause results.Cause, detail string) {
	now := clock.Now()
	if c.count == 0 {
		w.out.UnannouncedCloses++
	}
	w.failFlights(c, now, cause, detail)
	w.replace(c, now)
}

// failFlights fails every request in flight on the connection.
func (w *worker) failFlights(c *conn, now int64, cause results.Cause, detail string) {
	for c.count > 0 {
		w.fail(c, c.oldest(), now, cause, detail)
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

// readCause and writeCause name why a connection broke.
func readCause(errno syscall.Errno) results.Cause {
	switch errno {
	case unix.ECONNRESET, unix.EPIPE:
		return results.CauseReset
	case unix.ETIMEDOUT:
		return results.CauseTimeout
	}
	return results.CauseRead
}

func writeCause(errno syscall.Errno) results.Cause {
	if errno == unix.ECONNRESET || errno == unix.EPIPE {
		return results.CauseReset
	}
	return results.CauseWrite
}
