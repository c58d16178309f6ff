//go:build linux

package epoll

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/loaders/backend"
)

var _ backend.Stamped = (*socket)(nil)

// stampReader reads from a socket together with the kernel's stamp of the
// arrival (SO_TIMESTAMPING, Linux's networking/timestamping). It belongs to a
// thread and allocates nothing.
type stampReader struct {
	header  unix.Msghdr
	vector  unix.Iovec
	control [128]byte
}

// Stamp implements backend.Stamped.
func (s *socket) Stamp() bool {
	return unix.SetsockoptInt(int(s.fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPING,
		unix.SOF_TIMESTAMPING_RX_SOFTWARE|unix.SOF_TIMESTAMPING_SOFTWARE) == nil
}

// ReadStamped implements backend.Stamped.
func (s *socket) ReadStamped(buf []byte) (n int, lag int64, err error) {
	n, lag, errno := s.poller.stamps.read(s.fd, buf)
	n, err = readResult(n, errno)
	return n, lag, err
}

// read reads once. lag is the time in nanoseconds since the newest of the
// bytes arrived, -1 where the kernel gave no stamp.
func (s *stampReader) read(fd int32, buf []byte) (n int, lag int64, errno syscall.Errno) {
	s.vector.Base = &buf[0]
	s.vector.SetLen(len(buf))
	s.header = unix.Msghdr{Iov: &s.vector, Control: &s.control[0]}
	s.header.SetIovlen(1)
	s.header.SetControllen(len(s.control))
	for {
		r, _, errno := syscall.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&s.header)), 0)
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 || r == 0 {
			return int(r), -1, errno
		}
		return int(r), s.lag(), 0
	}
}

// lag looks for the software stamp among the control messages: the first of
// three timespecs, in CLOCK_REALTIME.
func (s *stampReader) lag() int64 {
	const headerLen = unix.SizeofCmsghdr
	if s.header.Controllen < headerLen+16 {
		return -1
	}
	c := (*unix.Cmsghdr)(unsafe.Pointer(&s.control[0]))
	if c.Level != unix.SOL_SOCKET || c.Type != unix.SCM_TIMESTAMPING {
		return -1
	}
	ts := (*unix.Timespec)(unsafe.Pointer(&s.control[headerLen]))
	if ts.Sec == 0 && ts.Nsec == 0 {
		return -1
	}
	return time.Now().UnixNano() - ts.Nano()
}
