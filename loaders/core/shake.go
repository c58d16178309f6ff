package core

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/secure"
	"github.com/joust-bench/joust/results"
)

// handshakesAtOnce bounds the handshakes of a thread that run at one time: each
// blocks an operating-system thread.
const handshakesAtOnce = 64

// shaken is the end of one handshake.
type shaken struct {
	id  int32
	err error
}

// handshakes are those of one thread that run in goroutines of their own, and
// those that have ended and wait for the loop to take the connection back.
type handshakes struct {
	places  chan struct{}
	running sync.WaitGroup
	mu      sync.Mutex
	ended   []shaken
}

// handshake takes a connection that is made out of the loop until it has shaken
// hands.
func (w *worker) handshake(c *conn) {
	stream, err := c.io.Lend(w.spec.ConnectTimeout)
	if err != nil {
		w.connectBroke(c, err)
		return
	}
	tunnel := ""
	if w.spec.Proxy != nil {
		tunnel = w.spec.Target.Address
	}
	c.state, c.shakeBegan, c.secret = stateShaking, clock.Now(), secure.New(c.io, w.tls, tunnel)
	w.setDeadline(c, c.shakeBegan+int64(w.spec.ConnectTimeout))
	h, s, id := &w.handshakes, c.secret, c.id
	h.running.Go(func() {
		h.places <- struct{}{}
		err := s.Shake(stream)
		<-h.places
		h.mu.Lock()
		h.ended = append(h.ended, shaken{id, err})
		h.mu.Unlock()
		w.loop.Wake()
	})
}

// adopt takes back the connections whose handshakes have ended.
func (w *worker) adopt() {
	h := &w.handshakes
	h.mu.Lock()
	ended := h.ended
	h.ended = nil
	h.mu.Unlock()
	for _, e := range ended {
		c := &w.conns[e.id]
		if e.err != nil {
			w.shakeFailed(c, e.err)
			continue
		}
		if err := c.io.TakeBack(); err != nil {
			w.connectBroke(c, err)
			continue
		}
		w.shakes.Record(clock.Now() - c.shakeBegan)
		w.opened(c)
	}
}

// shakeFailed counts a handshake that failed, or that the loop ended since its
// time was over.
func (w *worker) shakeFailed(c *conn, err error) {
	late := clock.Now()-c.shakeBegan >= int64(w.spec.ConnectTimeout)
	switch {
	case late || errors.Is(err, backend.ErrTimeout):
		w.connectFailed(c, results.CauseConnectTimeout, fmt.Sprintf("no TLS handshake within %v: %v", w.spec.ConnectTimeout, err))
	case errors.Is(err, secure.ErrTunnel):
		w.connectFailed(c, results.CauseConnect, err.Error())
	default:
		w.connectFailed(c, results.CauseTLS, err.Error())
	}
}

// receiveSecret reads all that the kernel has and acts on what it says.
func (w *worker) receiveSecret(c *conn) {
	for {
		n, again, err := c.secret.Open(w.buf)
		now := clock.Now()
		if now >= w.nextMark && w.phase != nil {
			w.mark(now)
		}
		if n > 0 {
			w.take(c, w.buf[:n], now)
			if c.state != stateOpen {
				return
			}
		}
		switch {
		case again:
			if b := c.secret.Sealed(); len(b) > 0 {
				w.put(c, b)
			}
			if c.state == stateOpen {
				w.proceed(c)
			}
			return
		case errors.Is(err, io.EOF):
			w.peerClosed(c, now)
			return
		case errors.Is(err, io.ErrUnexpectedEOF):
			w.brokenWith(c, results.CauseClosed, "connection closed inside a TLS record")
			return
		case err != nil:
			w.brokenWith(c, tlsCause(err), err.Error())
			return
		}
	}
}

// tlsCause tells a broken connection from broken TLS.
func tlsCause(err error) results.Cause {
	if e, ok := errors.AsType[*backend.Error](err); ok {
		return e.Cause
	}
	return results.CauseTLS
}
