package lawserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// listen opens a non-blocking listening socket and returns the address that it
// has. The kernel's somaxconn bounds the connections that wait for a stopped
// server.
func listen(at netip.AddrPort) (fd int, bound netip.AddrPort, err error) {
	var config net.ListenConfig
	config.SetMultipathTCP(false)
	l, err := config.Listen(context.Background(), "tcp", at.String())
	if err != nil {
		return -1, at, fmt.Errorf("listening on %s: %w", at, err)
	}
	// The loop polls a descriptor of its own, which Go's poller does not know.
	defer func() { err = errors.Join(err, l.Close()) }()
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		return -1, at, fmt.Errorf("listening on %s: %w", at, err)
	}
	controlled := raw.Control(func(p uintptr) { fd, err = unix.FcntlInt(p, unix.F_DUPFD_CLOEXEC, 0) })
	if err := errors.Join(err, controlled); err != nil {
		return -1, at, fmt.Errorf("listening on %s: %w", at, err)
	}
	return fd, l.Addr().(*net.TCPAddr).AddrPort(), nil
}

// read and write skip the scheduler's bookkeeping: the descriptors are
// non-blocking.
func read(fd int, buf []byte) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)))
		if errno != unix.EINTR {
			return int(n), errno
		}
	}
}

func write(fd int, buf []byte, flags int) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)),
			uintptr(unix.MSG_NOSIGNAL|flags), 0, 0)
		if errno != unix.EINTR {
			return int(n), errno
		}
	}
}

// poll returns the events that are ready now.
func poll(epoll int, events []unix.EpollEvent) (int, error) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epoll),
		uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
	return ready(n, errno)
}

// wait blocks until an event is ready or the time in nanoseconds has passed.
func wait(epoll int, events []unix.EpollEvent, ns int64) (int, error) {
	ts := unix.NsecToTimespec(ns)
	n, _, errno := syscall.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(epoll),
		uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(unsafe.Pointer(&ts)), 0, 0)
	if errno == unix.ENOSYS { // before Linux 5.11: milliseconds, rounded down
		n, _, errno = syscall.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(epoll),
			uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(ns/1e6), 0, 0)
	}
	return ready(n, errno)
}

func ready(n uintptr, errno syscall.Errno) (int, error) {
	switch errno {
	case 0:
		return int(n), nil
	case unix.EINTR: // Go's runtime signals its threads to preempt them
		return 0, nil
	}
	return 0, fmt.Errorf("waiting for events: %w", errno)
}
