//go:build unix

package net

import (
	"context"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/loaders/backend"
)

// conn is one connection. Its loop's thread owns it; what is guarded by the
// loop's mu says so.
type conn struct {
	loop *loop
	id   int32
	// cancel ends the attempt to connect; made is what came of it, or failed.
	// They are set before the connection's first event.
	cancel context.CancelFunc
	made   net.Conn
	failed error

	// raw and fd are the descriptor, which Go's own poller watches and which is
	// good until Close.
	raw syscall.RawConn
	fd  int
	// last is the last event that Wait returned for the connection.
	last backend.What
	// reading is true once a goroutine waits for something to read; next lets
	// it look again, and gone ends it.
	reading    bool
	next, gone chan struct{}
	// writable is true while the engine wants to know when the connection takes
	// bytes, waiting while a goroutine waits for that.
	writable, waiting bool

	shared
}

// shared is what a connection's goroutines and its loop share: the loop's mu
// guards it.
type shared struct {
	// what is the event that Wait has not returned yet; closed ends all events.
	what   backend.What
	closed bool
	// lost is why the connection broke, which the system says once.
	lost error
}

var _ backend.Conn = (*conn)(nil)

// Dial implements backend.Loop.
func (l *loop) Dial(id int32, turn int) (backend.Conn, bool, error) {
	c := &conn{loop: l, id: id, next: make(chan struct{}, 1), gone: make(chan struct{})}
	var ctx context.Context
	ctx, c.cancel = context.WithCancel(l.life)
	l.running.Go(func() {
		d := net.Dialer{KeepAlive: -1}
		to := l.addresses[turn%len(l.addresses)]
		made, err := d.DialContext(ctx, to.Network(), to.String())
		l.mu.Lock()
		c.made, c.failed = made, err
		closed := c.closed
		l.mu.Unlock()
		if closed && made != nil {
			_ = made.Close()
		}
		l.tell(c, backend.Writable)
	})
	return c, false, nil
}

// Finish implements backend.Conn.
func (c *conn) Finish() error {
	if c.failed != nil {
		return backend.ConnectError(c.failed)
	}
	if tcp, ok := c.made.(*net.TCPConn); ok && c.loop.sendBuffer > 0 {
		if err := tcp.SetWriteBuffer(c.loop.sendBuffer); err != nil {
			return backend.ConnectError(err)
		}
	}
	made, ok := c.made.(syscall.Conn)
	if !ok {
		return fmt.Errorf("a connection of type %T has no descriptor", c.made)
	}
	var err error
	if c.raw, err = made.SyscallConn(); err == nil {
		err = c.raw.Control(func(fd uintptr) { c.fd = int(fd) })
	}
	if err != nil {
		return fmt.Errorf("looking for the descriptor of a connection: %w", err)
	}
	return nil
}

// Watch implements backend.Conn.
func (c *conn) Watch(writable bool) error {
	if !c.reading {
		c.reading = true
		c.loop.running.Go(c.awaitReadable)
	}
	c.writable = writable
	c.watchWritable()
	return nil
}

// rearm lets the goroutines look again, behind an event that the engine has
// had.
func (c *conn) rearm() {
	last := c.last
	c.last = 0
	if last&backend.Readable != 0 {
		select {
		case c.next <- struct{}{}:
		default:
		}
	}
	if last&backend.Writable != 0 {
		c.waiting = false
		c.watchWritable()
	}
}

// watchWritable waits for the connection to take bytes, where that is wanted
// and nobody does.
func (c *conn) watchWritable() {
	if !c.writable || c.waiting {
		return
	}
	c.waiting = true
	c.loop.running.Go(func() {
		if c.raw.Write(takesBytes) == nil {
			c.loop.tell(c, backend.Writable)
		}
	})
}

// takesBytes reports whether a descriptor takes bytes, or is broken.
func takesBytes(fd uintptr) bool {
	list := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	_, err := unix.Poll(list[:], 0)
	return err != nil && err != unix.EINTR || list[0].Revents != 0
}

// awaitReadable sends an event whenever there is something to read, until the
// connection is closed. A connection on which waiting fails gets the event too:
// the engine reads it and finds out why.
func (c *conn) awaitReadable() {
	var what backend.What
	look := func(uintptr) bool {
		what = c.peek()
		return what != 0
	}
	for {
		if c.raw.Read(look) != nil {
			what = backend.Readable | backend.Ended
		}
		c.loop.tell(c, what)
		select {
		case <-c.next:
		case <-c.gone:
			return
		}
	}
}

// peek reports what lies there to be read, and takes nothing. Why a connection
// is broken the system says once, so it is kept for Read.
func (c *conn) peek() backend.What {
	var one [1]byte
	for {
		switch n, _, err := syscall.Recvfrom(c.fd, one[:], syscall.MSG_PEEK); {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return 0
		case err != nil:
			c.loop.mu.Lock()
			c.lost = err
			c.loop.mu.Unlock()
			return backend.Readable | backend.Ended
		case n == 0:
			return backend.Readable | backend.Ended
		}
		return backend.Readable
	}
}

// Read implements backend.Conn.
func (c *conn) Read(buf []byte) (int, error) {
	for {
		switch n, err := syscall.Read(c.fd, buf); {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return 0, nil
		case err != nil:
			return 0, backend.ReadError(err)
		case n == 0:
			return 0, c.end()
		default:
			return n, nil
		}
	}
}

// end is why a stream has ended.
func (c *conn) end() error {
	c.loop.mu.Lock()
	defer c.loop.mu.Unlock()
	if c.lost != nil {
		return backend.ReadError(c.lost)
	}
	return io.EOF
}

// Write implements backend.Conn.
func (c *conn) Write(b []byte) (int, error) {
	for {
		switch n, err := syscall.Write(c.fd, b); {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return 0, nil
		case err != nil:
			return 0, backend.WriteError(err)
		default:
			return n, nil
		}
	}
}

// Unread implements backend.Conn.
func (c *conn) Unread() (int, error) {
	if c.peek() != 0 {
		return 1, nil
	}
	return 0, nil
}

// Lend implements backend.Conn: one time limit holds for all reads and writes.
func (c *conn) Lend(timeout time.Duration) (io.ReadWriter, error) {
	if err := c.made.SetDeadline(time.Now().Add(timeout)); err != nil {
		return nil, fmt.Errorf("bounding the waits on a connection: %w", err)
	}
	return c.made, nil
}

// TakeBack implements backend.Conn.
func (c *conn) TakeBack() error {
	if err := c.made.SetDeadline(time.Time{}); err != nil {
		return fmt.Errorf("taking the time limit off a connection: %w", err)
	}
	return c.Watch(false)
}

// Interrupt implements backend.Conn.
func (c *conn) Interrupt() { _ = c.made.Close() }

// Close implements backend.Conn.
func (c *conn) Close(reset bool) {
	c.loop.mu.Lock()
	c.closed = true
	made := c.made
	c.loop.mu.Unlock()
	c.cancel()
	close(c.gone)
	if made == nil {
		return
	}
	if tcp, ok := made.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	_ = made.Close()
}
