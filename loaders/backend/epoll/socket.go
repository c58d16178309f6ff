//go:build linux

package epoll

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
)

// socket is one connection.
type socket struct {
	poller *poller
	fd     int32
	id     int32
	// watched are the events that epoll watches the socket for, 0 for none.
	watched uint32
	// lent is a second descriptor of the socket while it is lent, else nil.
	lent *os.File
}

var _ backend.Conn = (*socket)(nil)

// The events that epoll watches an established connection for.
const (
	forReading = uint32(unix.EPOLLIN | unix.EPOLLRDHUP)
	forBoth    = forReading | unix.EPOLLOUT
)

// Dial implements backend.Loop.
func (p *poller) Dial(id int32, target, turn int) (backend.Conn, bool, error) {
	addresses := p.addresses[target]
	return p.dial(id, addresses[turn%len(addresses)])
}

// DialTo implements backend.Loop.
func (p *poller) DialTo(id int32, to netip.AddrPort) (backend.Conn, bool, error) {
	address, err := sockaddr(net.TCPAddrFromAddrPort(to))
	if err != nil {
		return nil, false, backend.ConnectError(err)
	}
	return p.dial(id, address)
}

// dial begins to connect to the address.
func (p *poller) dial(id int32, to unix.Sockaddr) (backend.Conn, bool, error) {
	fd, established, err := connect(to, p.sendBuffer)
	if err != nil {
		return nil, false, backend.ConnectError(err)
	}
	s := &p.sockets[id]
	*s = socket{poller: p, fd: int32(fd), id: id, watched: unix.EPOLLOUT}
	if established {
		s.watched = forReading
	}
	if err := p.add(fd, int(id), s.watched); err != nil {
		_ = unix.Close(fd)
		return nil, false, err
	}
	return s, established, nil
}

// connect opens a non-blocking socket and begins to connect. sendBuffer is the
// size to ask for, in bytes, 0 for the kernel's own. established is true when it
// is connected at once, as Unix sockets are.
func connect(addr unix.Sockaddr, sendBuffer int) (fd int, established bool, err error) {
	family := unix.AF_INET
	switch addr.(type) {
	case *unix.SockaddrInet6:
		family = unix.AF_INET6
	case *unix.SockaddrUnix:
		family = unix.AF_UNIX
	}
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, false, err
	}
	if family != unix.AF_UNIX {
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
func (s *socket) Finish() error {
	code, err := unix.GetsockoptInt(int(s.fd), unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = syscall.Errno(code)
	}
	if err != nil {
		return backend.ConnectError(err)
	}
	return nil
}

// Watch implements backend.Conn.
func (s *socket) Watch(writable bool) error {
	want := forReading
	if writable {
		want = forBoth
	}
	if s.watched == want {
		return nil
	}
	ev := unix.EpollEvent{Events: want, Fd: s.id}
	if err := unix.EpollCtl(s.poller.fd, unix.EPOLL_CTL_MOD, int(s.fd), &ev); err != nil {
		return fmt.Errorf("changing the events of a descriptor: %w", err)
	}
	s.watched = want
	return nil
}

// Read implements backend.Conn.
func (s *socket) Read(buf []byte) (int, error) {
	n, errno := read(s.fd, buf)
	return readResult(n, errno)
}

// readResult turns the outcome of a system call into that of a Read.
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
func (s *socket) Write(b []byte) (int, error) {
	n, errno := write(s.fd, b)
	switch errno {
	case 0:
		return n, nil
	case unix.EAGAIN:
		return 0, nil
	}
	return 0, backend.WriteError(errno)
}

// Unread implements backend.Conn.
func (s *socket) Unread() (int, error) { return unix.IoctlGetInt(int(s.fd), unix.SIOCINQ) }

// Refused implements backend.Conn. The system keeps the error of a refusal behind the end
// of the stream.
func (s *socket) Refused() bool {
	code, err := unix.GetsockoptInt(int(s.fd), unix.SOL_SOCKET, unix.SO_ERROR)
	return err == nil && code != 0
}

// Close implements backend.Conn.
func (s *socket) Close(reset bool) {
	if reset {
		linger := unix.Linger{Onoff: 1, Linger: 0}
		_ = unix.SetsockoptLinger(int(s.fd), unix.SOL_SOCKET, unix.SO_LINGER, &linger)
	}
	if s.lent != nil {
		_ = s.lent.Close()
	}
	_ = unix.Close(int(s.fd)) // the last one, which removes the socket from epoll
}

// Lend implements backend.Conn: Go's own poller waits for a second descriptor of
// the socket.
func (s *socket) Lend(timeout time.Duration) (io.ReadWriter, error) {
	if err := unix.EpollCtl(s.poller.fd, unix.EPOLL_CTL_DEL, int(s.fd), nil); err != nil {
		return nil, fmt.Errorf("taking a descriptor out of epoll: %w", err)
	}
	s.watched = 0
	second, err := unix.FcntlInt(uintptr(s.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("making a second descriptor of a connection: %w", err)
	}
	s.lent = os.NewFile(uintptr(second), "connection")
	if err := s.lent.SetDeadline(time.Now().Add(timeout)); err != nil {
		return nil, fmt.Errorf("bounding the waits on a descriptor: %w", err)
	}
	return s.lent, nil
}

// TakeBack implements backend.Conn.
func (s *socket) TakeBack() error {
	if err := s.lent.Close(); err != nil {
		return fmt.Errorf("closing the second descriptor of a connection: %w", err)
	}
	s.lent = nil
	s.watched = forReading
	return s.poller.add(int(s.fd), int(s.id), s.watched)
}

// Interrupt implements backend.Conn: the stream ends.
func (s *socket) Interrupt() { _ = unix.Shutdown(int(s.fd), unix.SHUT_RDWR) }

// sockaddrs returns the addresses of the load in the kernel's form.
func sockaddrs(spec *loaders.Spec) ([][]unix.Sockaddr, error) {
	targets, err := backend.Addresses(spec)
	if err != nil {
		return nil, err
	}
	all := make([][]unix.Sockaddr, len(targets))
	for i, addresses := range targets {
		if all[i], err = sockaddrsOf(addresses); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func sockaddrsOf(addresses []net.Addr) ([]unix.Sockaddr, error) {
	list := make([]unix.Sockaddr, len(addresses))
	for i, address := range addresses {
		var err error
		if list[i], err = sockaddr(address); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// sockaddr returns the address in the kernel's form.
func sockaddr(address net.Addr) (unix.Sockaddr, error) {
	tcp, ok := address.(*net.TCPAddr)
	switch {
	case !ok:
		return &unix.SockaddrUnix{Name: address.String()}, nil
	case tcp.IP.To4() != nil:
		return &unix.SockaddrInet4{Port: tcp.Port, Addr: [4]byte(tcp.IP.To4())}, nil
	}
	zone, err := backend.ZoneIndex(tcp.Zone)
	if err != nil {
		return nil, err
	}
	return &unix.SockaddrInet6{Port: tcp.Port, Addr: [16]byte(tcp.IP), ZoneId: zone}, nil
}
