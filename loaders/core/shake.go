package core

import (
	"errors"
	"fmt"
	"io"

	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/secure"
	"github.com/joust-bench/joust/results"
)

// handshakesAtOnce bounds the concurrent handshakes of a thread: each blocks an
// operating-system thread.
const handshakesAtOnce = 64

// shaken is the outcome of one handshake.
type shaken struct {
	id  int32
	err error
}

// handshake takes a connection out of the loop until it has shaken hands.
func (s *shard) handshake(c *connection) {
	stream, err := c.io.Lend(s.spec.ConnectTimeout)
	if err != nil {
		s.connectBroke(c, err)
		return
	}
	c.state, c.shakeBegan = stateShaking, clock.Now()
	c.secret = secure.New(c.io, s.tlsOf(c), s.spec.Proxy, s.addressOf(c))
	s.setDeadline(c, c.shakeBegan+int64(s.spec.ConnectTimeout))
	secret, id := c.secret, c.id
	s.handshakes.run(s.loop, func() shaken { return shaken{id, secret.Shake(stream)} })
}

// adopt takes back the connections whose handshakes have ended.
func (s *shard) adopt() {
	for _, e := range s.handshakes.take() {
		c := &s.conns[e.id]
		if e.err != nil {
			s.shakeFailed(c, e.err)
			continue
		}
		if err := c.io.TakeBack(); err != nil {
			s.connectBroke(c, err)
			continue
		}
		took := clock.Now() - c.shakeBegan
		s.shakes.Record(took)
		if c.steps != nil {
			c.steps.Handshake = took
		}
		s.opened(c)
	}
}

// shakeFailed counts a handshake that failed or that the loop ended at its deadline.
func (s *shard) shakeFailed(c *connection, err error) {
	late := clock.Now()-c.shakeBegan >= int64(s.spec.ConnectTimeout)
	switch {
	case late || errors.Is(err, backend.ErrTimeout):
		s.connectFailed(c, results.CauseConnectTimeout, fmt.Sprintf("no TLS handshake within %v: %v", s.spec.ConnectTimeout, err))
	case errors.Is(err, secure.ErrTunnel):
		s.connectFailed(c, results.CauseConnect, err.Error())
	default:
		s.connectFailed(c, results.CauseTLS, err.Error())
	}
}

// receiveSecret reads TLS records until the system has no more bytes.
func (s *shard) receiveSecret(c *connection) {
	for {
		n, again, err := c.secret.Open(s.buf)
		now := clock.Now()
		if now >= s.nextMark && s.phase != nil {
			s.mark(now)
		}
		if n > 0 {
			s.take(c, s.buf[:n], now)
			if c.state != stateOpen {
				return
			}
		}
		switch {
		case again:
			if b := c.secret.Sealed(); len(b) > 0 {
				s.put(c, b)
			}
			if c.state == stateOpen {
				s.proceed(c)
			}
			return
		case errors.Is(err, io.EOF):
			s.peerClosed(c, now)
			return
		case errors.Is(err, io.ErrUnexpectedEOF):
			s.brokenWith(c, results.CauseClosed, "connection closed inside a TLS record")
			return
		case err != nil:
			s.brokenWith(c, tlsCause(err), err.Error())
			return
		}
	}
}

// tlsCause returns the cause of a broken connection, or that of broken TLS.
func tlsCause(err error) results.Cause {
	if e, ok := errors.AsType[*backend.Error](err); ok {
		return e.Cause
	}
	return results.CauseTLS
}
