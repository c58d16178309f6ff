package core

import (
	"fmt"

	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// The back-off between attempts to connect, in nanoseconds.
const (
	firstBackoff = int64(10e6)
	lastBackoff  = int64(1e9)
)

// stampedEvery is how many connections share one whose arrivals the system
// stamps.
const stampedEvery = 64

// setDeadline says until when the connection's state may last.
func (w *worker) setDeadline(c *conn, at int64) {
	w.deadlines[c.id] = at
	w.nextScan = min(w.nextScan, at)
}

// scan acts on every deadline that has passed.
func (w *worker) scan(now int64) {
	next := never
	for i, at := range w.deadlines {
		if at <= now {
			w.expire(&w.conns[i], now)
			at = w.deadlines[i]
		}
		next = min(next, at)
	}
	w.nextScan = max(next, now+scanStep)
}

// expire acts on one deadline.
func (w *worker) expire(c *conn, now int64) {
	w.deadlines[c.id] = never
	switch c.state {
	case stateDown:
		w.waited(c, now)
		c.waits = 0
		w.dial(c)
	case stateConnecting:
		w.connectFailed(c, results.CauseConnectTimeout, fmt.Sprintf("no connection within %v", w.spec.ConnectTimeout))
	case stateShaking:
		// The goroutine that has the connection fails and gives it back.
		c.io.Interrupt()
	case stateOpen:
		if c.count == 0 {
			return
		}
		f := c.oldest()
		w.fail(f, now, failure{cause: results.CauseTimeout, detail: fmt.Sprintf("%s: no answer within %v", w.spec.Requests[f.Request].Name, w.spec.RequestTimeout)})
		w.restart(c)
	}
}

// dial begins to connect. All addresses of the target are taken in turn.
func (w *worker) dial(c *conn) {
	c.began = clock.Now()
	made, established, err := w.loop.Dial(c.id, w.place(c))
	if err != nil {
		w.connectBroke(c, err)
		return
	}
	c.io, c.state = made, stateConnecting
	if established {
		w.connected(c)
		return
	}
	w.setDeadline(c, c.began+int64(w.spec.ConnectTimeout))
}

// place is the connection's number among all of the load.
func (w *worker) place(c *conn) int { return int(c.id)*w.spec.Threads + w.id }

// finishConnect acts on the outcome of a connect.
func (w *worker) finishConnect(c *conn) {
	if err := c.io.Finish(); err != nil {
		w.connectBroke(c, err)
		return
	}
	w.connected(c)
}

// connected is a connection made; over TLS the handshake follows.
func (w *worker) connected(c *conn) {
	w.connect.Record(clock.Now() - c.began)
	if w.tls != nil {
		w.handshake(c)
		return
	}
	if err := c.io.Watch(false); err != nil {
		w.connectBroke(c, err)
		return
	}
	w.opened(c)
}

// opened makes a new connection ready.
func (w *worker) opened(c *conn) {
	now := clock.Now()
	if c.known {
		w.out.Counts.Reconnects++
		w.source.Reconnected(int(c.id))
	}
	c.state, c.known, c.writing = stateOpen, true, false
	c.first, c.count, c.issued, c.answered = 0, 0, 0, false
	c.pending, c.tail, c.carry = nil, nil, nil
	c.idleSince = now
	c.stamped = nil
	if c.secret == nil && w.place(c)%stampedEvery == 0 {
		if s, ok := c.io.(backend.Stamped); ok && s.Stamp() {
			c.stamped = s
		}
	}
	c.codec.Open()
	w.deadlines[c.id] = never
	w.open++
	w.proceed(c)
}

// connectBroke counts an attempt that the backend could not make.
func (w *worker) connectBroke(c *conn, err error) {
	w.connectFailed(c, backend.CauseOf(err), err.Error())
}

// connectFailed counts an attempt and plans the next.
func (w *worker) connectFailed(c *conn, cause results.Cause, detail string) {
	if w.connectError == nil {
		w.connectCause = cause
		w.connectError = fmt.Errorf("connecting to %s: %s", w.spec.Target.Address, detail)
	}
	w.out.ConnectionFailed(cause, "connecting: "+detail)
	w.replace(c, clock.Now())
}

// drop closes the connection, which is down afterwards.
func (w *worker) drop(c *conn, reset bool) {
	if c.state == stateOpen {
		w.open--
		if w.windowOpen && w.nextMark != never {
			w.out.minOpen = min(w.out.minOpen, w.open)
		}
	}
	if c.io != nil {
		c.io.Close(reset)
	}
	if c.progress != nil {
		*c.progress = progress{}
	}
	c.lives++
	c.io, c.state, c.secret, c.answered = nil, stateDown, nil, false
	c.pending, c.tail, c.carry = nil, nil, nil
}

// replace drops a connection and connects anew: at once where the connection
// has given an answer, else later and later, so that a server that gives none is
// not flooded with connections.
func (w *worker) replace(c *conn, now int64) {
	answered := c.answered
	w.drop(c, false)
	if answered {
		w.dial(c)
		return
	}
	c.failures++
	c.waits = now
	w.setDeadline(c, now+backoff(c.failures))
}

// waited records how long the connection has waited until now to be tried again.
func (w *worker) waited(c *conn, now int64) {
	if c.waits != 0 {
		w.out.Backoff(c.waits, now)
		c.waits = now
	}
}

// backoff is the wait before an attempt, in nanoseconds, after that many
// connections in a row, at least 1, that gave no answer.
func backoff(failures int) int64 { return min(lastBackoff, firstBackoff<<min(failures-1, 10)) }

// recycle closes the connection as the row asks and connects anew at once.
func (w *worker) recycle(c *conn) {
	w.drop(c, w.spec.Connection.CloseWith == scenarios.RST)
	w.dial(c)
}
