//go:build linux

package evloop

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// connState is where a connection is in its life.
type connState uint8

const (
	// stateDown: no descriptor; it connects when its retry time has come.
	stateDown connState = iota
	stateConnecting
	// stateShaking: the descriptor is with a goroutine that makes the TLS
	// handshake.
	stateShaking
	stateOpen
)

// conn is one connection of one user. Everything in it belongs to its thread.
type conn struct {
	fd    int32
	id    int32
	state connState
	// writing is true while EPOLLOUT is armed.
	writing bool
	// queued is true while the connection stands in the idle queue.
	queued bool
	// stamped is true where the kernel stamps arrivals.
	stamped bool
	// known is true from the first time that the connection was open.
	known bool

	// codec reads the answers.
	codec codec.Conn
	// flights is a ring of the requests in flight, oldest at first.
	flights      []record.Exchange
	first, count int

	// progress is the connection's place in an exchange of steps, nil where
	// there was none.
	progress *progress

	// issued counts the requests of this connection.
	issued int
	// idleSince is when the connection last became able to take a request.
	idleSince int64
	// began is when the connection was begun, for the connect time.
	began int64
	// secret is the connection's TLS, nil in plain text; shakeBegan is when its
	// handshake began.
	secret     *secret
	shakeBegan int64
	// answered is true from the first answer on this connection, right or
	// wrong.
	answered bool
	// failures counts connections in a row that gave no answer; waits is since
	// when the connection waits to be tried again for their sake, 0 when it does
	// not.
	failures int
	waits    int64

	// pending is what the kernel did not take yet, owned by the connection;
	// tail the rest of a large body, shared by all.
	pending, tail []byte
	// carry keeps what the codec must be shown again.
	carry []byte
}

func (c *conn) oldest() *record.Exchange { return &c.flights[c.first] }

func (c *conn) push() *record.Exchange {
	i := c.first + c.count
	if i >= len(c.flights) {
		i -= len(c.flights)
	}
	c.count++
	return &c.flights[i]
}

func (c *conn) pop() {
	c.first++
	if c.first == len(c.flights) {
		c.first = 0
	}
	c.count--
}

// unsent tells whether bytes wait for the kernel to take them.
func (c *conn) unsent() bool { return len(c.pending) > 0 }

// unwritten tells whether bytes of the newest request wait to be written.
func (c *conn) unwritten() bool { return len(c.pending) > 0 || len(c.tail) > 0 }

// newSocket opens a non-blocking socket and begins to connect. sendBuffer is the
// size to ask for, in bytes, 0 for the kernel's own. established is true when it
// is connected at once, as Unix sockets are.
func newSocket(addr unix.Sockaddr, sendBuffer int) (fd int, established bool, errno syscall.Errno) {
	family, inet := unix.AF_INET, true
	switch addr.(type) {
	case *unix.SockaddrInet6:
		family = unix.AF_INET6
	case *unix.SockaddrUnix:
		family, inet = unix.AF_UNIX, false
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, false, asErrno(err)
	}
	if inet {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
			_ = unix.Close(fd)
			return -1, false, asErrno(err)
		}
	}
	if sendBuffer > 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer); err != nil {
			_ = unix.Close(fd)
			return -1, false, asErrno(err)
		}
	}
	switch err := unix.Connect(fd, addr); {
	case err == nil:
		return fd, true, 0
	case errors.Is(err, unix.EINPROGRESS):
		return fd, false, 0
	default:
		_ = unix.Close(fd)
		return -1, false, asErrno(err)
	}
}

func asErrno(err error) syscall.Errno {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return syscall.EIO
}

// connectCause names why a connection could not be made.
func connectCause(errno syscall.Errno) results.Cause {
	switch errno {
	case unix.ECONNREFUSED, unix.ENOENT:
		return results.CauseConnectRefused
	case unix.ECONNRESET:
		return results.CauseConnectReset
	case unix.ETIMEDOUT:
		return results.CauseConnectTimeout
	case unix.EADDRNOTAVAIL:
		return results.CauseLocalPorts
	case unix.EMFILE, unix.ENFILE:
		return results.CauseLocalFiles
	case unix.ENOBUFS, unix.ENOMEM:
		return results.CauseLocal
	}
	return results.CauseConnect
}
