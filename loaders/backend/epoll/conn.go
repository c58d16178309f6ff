//go:build linux

package epoll

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
)

// conn is one socket.
type conn struct {
	loop *loop
	fd   int32
	id   int32
	// watched are the events that epoll is asked for, 0 while it does not know
	// the socket.
	watched uint32
}

var _ backend.Conn = (*conn)(nil)

// What epoll is asked for on a connection that is made.
const (
	forReading = uint32(unix.EPOLLIN | unix.EPOLLRDHUP)
	forBoth    = forReading | unix.EPOLLOUT
)

// Dial implements backend.Loop.
func (l *loop) Dial(id int32, turn int) (backend.Conn, bool, error) {
	fd, established, err := newSocket(l.addresses[turn%len(l.addresses)], l.sendBuffer)
	if err != nil {
		return nil, false, backend.ConnectError(err)
	}
	c := &l.conns[id]
	*c = conn{loop: l, fd: int32(fd), id: id, watched: unix.EPOLLOUT}
	if established {
		c.watched = forReading
	}
	if err := l.add(fd, int(id), c.watched); err != nil {
		_ = unix.Close(fd)
		return nil, false, err
	}
	return c, established, nil
}

// newSocket opens a non-blocking socket and begins to connect. sendBuffer is the
// size to ask for, in bytes, 0 for the kernel's own. established is true when it
// is connected at once, as Unix sockets are.
func newSocket(addr unix.Sockaddr, sendBuffer int) (fd int, established bool, err error) {
	family, inet := unix.AF_INET, true
	switch addr.(type) {
	case *unix.SockaddrInet6:
		family = unix.AF_INET6
	case *unix.SockaddrUnix:
		family, inet = unix.AF_UNIX, false
	}
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, false, err
	}
	if inet {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	if err == nil && sendBuffer > 0 {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer)
	}
	if err == nil {
		err = unix.Connect(fd, addr)
	}
	switch {
	case err == nil:
		return fd, true, nil
	case errors.Is(err, unix.EINPROGRESS):
		return fd, false, nil
	}
	_ = unix.Close(fd)
	return -1, false, err
}

// Finish implements backend.Conn.
func (c *conn) Finish() error {
	code, err := unix.GetsockoptInt(int(c.fd), unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = syscall.Errno(code)
	}
	if err != nil {
		return backend.ConnectError(err)
	}
	return nil
}

// Watch implements backend.Conn.
func (c *conn) Watch(writable bool) error {
	want := forReading
	if writable {
		want = forBoth
	}
	if c.watched == want {
		return nil
	}
	ev := unix.EpollEvent{Events: want, Fd: c.id}
	if err := unix.EpollCtl(c.loop.fd, unix.EPOLL_CTL_MOD, int(c.fd), &ev); err != nil {
		return fmt.Errorf("changing the events of a descriptor: %w", err)
	}
	c.watched = want
	return nil
}

// Read implements backend.Conn.
func (c *conn) Read(buf []byte) (int, error) {
	n, errno := read(c.fd, buf)
	return readResult(n, errno)
}

// readResult is what a read of so many bytes means.
func readResult(n int, errno syscall.Errno) (int, error) {
	switch {
	case errno == 0 && n > 0:
		return n, nil
	case errno == unix.EAGAIN:
		return 0, nil
	case errno != 0:
		return 0, backend.ReadError(errno)
	}
	return 0, io.EOF
}

// Write implements backend.Conn.
func (c *conn) Write(b []byte) (int, error) {
	n, errno := write(c.fd, b)
	switch errno {
	case 0:
		return n, nil
	case unix.EAGAIN:
		return 0, nil
	}
	return 0, backend.WriteError(errno)
}

// Unread implements backend.Conn.
func (c *conn) Unread() (int, error) { return unix.IoctlGetInt(int(c.fd), unix.SIOCINQ) }

// Close implements backend.Conn.
func (c *conn) Close(reset bool) {
	if reset {
		linger := unix.Linger{Onoff: 1, Linger: 0}
		_ = unix.SetsockoptLinger(int(c.fd), unix.SOL_SOCKET, unix.SO_LINGER, &linger)
	}
	// Closing removes the descriptor from epoll as well.
	_ = unix.Close(int(c.fd))
}

// Lend implements backend.Conn: the descriptor blocks meanwhile.
func (c *conn) Lend(timeout time.Duration) (io.ReadWriter, error) {
	fd := int(c.fd)
	if err := unix.EpollCtl(c.loop.fd, unix.EPOLL_CTL_DEL, fd, nil); err != nil {
		return nil, fmt.Errorf("taking a descriptor out of epoll: %w", err)
	}
	c.watched = 0
	tv := unix.NsecToTimeval(int64(timeout))
	for _, option := range []int{unix.SO_RCVTIMEO, unix.SO_SNDTIMEO} {
		if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, option, &tv); err != nil {
			return nil, fmt.Errorf("bounding the waits on a descriptor: %w", err)
		}
	}
	if err := unix.SetNonblock(fd, false); err != nil {
		return nil, fmt.Errorf("letting a descriptor block: %w", err)
	}
	return stream(fd), nil
}

// TakeBack implements backend.Conn.
func (c *conn) TakeBack() error {
	if err := unix.SetNonblock(int(c.fd), true); err != nil {
		return fmt.Errorf("letting a descriptor not block: %w", err)
	}
	c.watched = forReading
	return c.loop.add(int(c.fd), int(c.id), c.watched)
}

// Interrupt implements backend.Conn: the stream ends.
func (c *conn) Interrupt() { _ = unix.Shutdown(int(c.fd), unix.SHUT_RDWR) }

// stream is a descriptor that blocks.
type stream int

// Read implements io.Reader.
func (s stream) Read(p []byte) (int, error) {
	for {
		n, err := unix.Read(int(s), p)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return 0, backend.ErrTimeout
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// Write implements io.Writer.
func (s stream) Write(p []byte) (int, error) {
	for done := 0; done < len(p); {
		n, err := unix.SendmsgN(int(s), p[done:], nil, nil, unix.MSG_NOSIGNAL)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return done, backend.ErrTimeout
		case err != nil:
			return done, err
		}
		done += max(0, n)
	}
	return len(p), nil
}

// sockaddrs are the addresses of the load as the kernel wants them.
func sockaddrs(spec *loaders.Spec) ([]unix.Sockaddr, error) {
	network, addresses, err := backend.Addresses(spec)
	if err != nil {
		return nil, err
	}
	var list []unix.Sockaddr
	for _, address := range addresses {
		if network == "unix" {
			list = append(list, &unix.SockaddrUnix{Name: address})
			continue
		}
		ap, err := loaders.ParseAddress(address)
		if err != nil {
			return nil, err
		}
		if ap.Addr().Is4() {
			list = append(list, &unix.SockaddrInet4{Port: int(ap.Port()), Addr: ap.Addr().As4()})
		} else {
			list = append(list, &unix.SockaddrInet6{Port: int(ap.Port()), Addr: ap.Addr().As16()})
		}
	}
	return list, nil
}
