//go:build unix

package net

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/loaders/backend"
)

// link is one connection. Its loop's thread owns it.
type link struct {
	loop *loop
	id   int32
	// cancel ends the attempt to connect. Its outcome is made or failed, set before
	// the connection's first event.
	cancel context.CancelFunc
	made   net.Conn
	failed error

	// raw and fd are the descriptor, which Go's own poller watches. It is good
	// until Close.
	raw syscall.RawConn
	fd  int
	// last is the last event that Wait returned for the connection.
	last backend.What
	// next lets the goroutine that waits for something to read look again, nil
	// without one. gone ends that goroutine.
	next, gone chan struct{}
	// writable is true while the engine waits for the connection to take bytes,
	// waiting while a goroutine does.
	writable, waiting bool
	guarded
}

// guarded are the fields of a link that its loop's mu guards.
type guarded struct {
	// pending is the event that Wait has not returned yet.
	pending backend.What
	// closed ends all events.
	closed bool
	// lost is the error that broke the connection, which the system returns once.
	lost error
}

var _ backend.Conn = (*link)(nil)

// Dial implements backend.Loop.
func (l *loop) Dial(id int32, target, turn int) (backend.Conn, bool, error) {
	addresses := l.addresses[target]
	return l.dial(id, addresses[turn%len(addresses)])
}

// DialTo implements backend.Loop.
func (l *loop) DialTo(id int32, to netip.AddrPort) (backend.Conn, bool, error) {
	return l.dial(id, net.TCPAddrFromAddrPort(to))
}

// dial begins to connect to the address.
func (l *loop) dial(id int32, to net.Addr) (backend.Conn, bool, error) {
	k := &link{loop: l, id: id, gone: make(chan struct{})}
	var ctx context.Context
	ctx, k.cancel = context.WithCancel(l.life)
	l.running.Go(func() {
		d := net.Dialer{KeepAlive: -1}
		made, err := d.DialContext(ctx, to.Network(), to.String())
		l.mu.Lock()
		k.made, k.failed = made, err
		closed := k.closed
		l.mu.Unlock()
		if closed && made != nil {
			_ = made.Close()
		}
		l.notify(k, backend.Writable)
	})
	return k, false, nil
}

// Finish implements backend.Conn.
func (k *link) Finish() error {
	if k.failed != nil {
		return backend.ConnectError(k.failed)
	}
	if tcp, ok := k.made.(*net.TCPConn); ok && k.loop.sendBuffer > 0 {
		if err := tcp.SetWriteBuffer(k.loop.sendBuffer); err != nil {
			return backend.ConnectError(err)
		}
	}
	var err error
	if k.raw, err = k.made.(syscall.Conn).SyscallConn(); err == nil {
		err = k.raw.Control(func(fd uintptr) { k.fd = int(fd) })
	}
	if err != nil {
		return fmt.Errorf("looking for the descriptor of a connection: %w", err)
	}
	return nil
}

// Watch implements backend.Conn.
func (k *link) Watch(writable bool) error {
	if k.next == nil {
		k.next = make(chan struct{}, 1)
		k.loop.running.Go(k.awaitReadable)
	}
	k.writable = writable
	k.watchWritable()
	return nil
}

// rearm lets the goroutines look again, once the engine has had their event.
func (k *link) rearm() {
	if k.last&backend.Readable != 0 {
		select {
		case k.next <- struct{}{}:
		default:
		}
	}
	if k.last&backend.Writable != 0 {
		k.waiting = false
		k.watchWritable()
	}
	k.last = 0
}

// watchWritable lets a goroutine wait for the connection to take bytes, where the
// engine waits for it and no goroutine does.
func (k *link) watchWritable() {
	if !k.writable || k.waiting {
		return
	}
	k.waiting = true
	k.loop.running.Go(func() {
		if k.raw.Write(takesBytes) == nil {
			k.loop.notify(k, backend.Writable)
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
// connection is closed. Where waiting fails it sends one too: the engine then reads
// the error.
func (k *link) awaitReadable() {
	var what backend.What
	look := func(uintptr) bool {
		what = k.peek()
		return what != 0
	}
	for {
		if k.raw.Read(look) != nil {
			what = backend.Readable | backend.Ended
		}
		k.loop.notify(k, what)
		select {
		case <-k.next:
		case <-k.gone:
			return
		}
	}
}

// peek looks for something to read, and reads nothing. It keeps the error of a
// broken connection for Read, since the system returns it once.
func (k *link) peek() backend.What {
	var one [1]byte
	n, _, err := syscall.Recvfrom(k.fd, one[:], syscall.MSG_PEEK)
	for err == syscall.EINTR {
		n, _, err = syscall.Recvfrom(k.fd, one[:], syscall.MSG_PEEK)
	}
	switch {
	case err == syscall.EAGAIN:
		return 0
	case err != nil:
		k.loop.mu.Lock()
		k.lost = err
		k.loop.mu.Unlock()
		return backend.Readable | backend.Ended
	case n == 0:
		return backend.Readable | backend.Ended
	}
	return backend.Readable
}

// Read implements backend.Conn.
func (k *link) Read(buf []byte) (int, error) {
	n, err := uninterrupted(syscall.Read, k.fd, buf)
	switch {
	case err == syscall.EAGAIN:
		return 0, nil
	case err != nil:
		return 0, backend.ReadError(err)
	case n == 0:
		return 0, k.end()
	}
	return n, nil
}

// uninterrupted repeats a system call that a signal interrupts.
func uninterrupted(call func(fd int, b []byte) (int, error), fd int, b []byte) (int, error) {
	for {
		if n, err := call(fd, b); err != syscall.EINTR {
			return n, err
		}
	}
}

// end returns the error with which the stream has ended.
func (k *link) end() error {
	k.loop.mu.Lock()
	defer k.loop.mu.Unlock()
	if k.lost != nil {
		return backend.ReadError(k.lost)
	}
	return io.EOF
}

// Write implements backend.Conn.
func (k *link) Write(b []byte) (int, error) {
	n, err := uninterrupted(syscall.Write, k.fd, b)
	switch {
	case err == syscall.EAGAIN:
		return 0, nil
	case err != nil:
		return 0, backend.WriteError(err)
	}
	return n, nil
}

// Unread implements backend.Conn.
func (k *link) Unread() (int, error) {
	if k.peek() != 0 {
		return 1, nil
	}
	return 0, nil
}

// Refused implements backend.Conn. The system keeps the error of a refusal behind the end
// of the stream.
func (k *link) Refused() bool {
	code, err := unix.GetsockoptInt(k.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	return err == nil && code != 0
}

// Lend implements backend.Conn.
func (k *link) Lend(timeout time.Duration) (io.ReadWriter, error) {
	if err := k.made.SetDeadline(time.Now().Add(timeout)); err != nil {
		return nil, fmt.Errorf("bounding the waits on a connection: %w", err)
	}
	return k.made, nil
}

// TakeBack implements backend.Conn.
func (k *link) TakeBack() error {
	if err := k.made.SetDeadline(time.Time{}); err != nil {
		return fmt.Errorf("taking the time limit off a connection: %w", err)
	}
	return k.Watch(false)
}

// Interrupt implements backend.Conn.
func (k *link) Interrupt() { _ = k.made.Close() }

// Close implements backend.Conn.
func (k *link) Close(reset bool) {
	k.loop.mu.Lock()
	k.closed = true
	made := k.made
	k.loop.mu.Unlock()
	k.cancel()
	close(k.gone)
	if tcp, ok := made.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	if made != nil {
		_ = made.Close()
	}
}
