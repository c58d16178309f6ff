package lawserver

import (
	"fmt"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// backlog is how many connections the kernel keeps for a stopped server.
const backlog = 16384

// listen opens a non-blocking listening socket and tells its address.
func listen(at netip.AddrPort) (fd int, bound netip.AddrPort, err error) {
	family := unix.AF_INET
	if at.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, at, fmt.Errorf("opening a socket to listen on %s: %w", at, err)
	}
	if bound, err = bind(fd, at); err != nil {
		_ = unix.Close(fd)
		return -1, at, fmt.Errorf("listening on %s: %w", at, err)
	}
	return fd, bound, nil
}

func bind(fd int, at netip.AddrPort) (netip.AddrPort, error) {
	var sa unix.Sockaddr = &unix.SockaddrInet4{Port: int(at.Port())}
	if at.Addr().Is4() {
		sa = &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	} else {
		sa = &unix.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()}
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return at, err
	}
	if err := unix.Bind(fd, sa); err != nil {
		return at, err
	}
	if err := unix.Listen(fd, backlog); err != nil {
		return at, err
	}
	got, err := unix.Getsockname(fd)
	if err != nil {
		return at, err
	}
	switch a := got.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port)), nil
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port)), nil
	}
	return at, nil
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

// poll returns what is ready now.
func poll(epoll int, events []unix.EpollEvent) (int, error) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epoll),
		uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
	return ready(n, errno)
}

// wait blocks until something is ready or the time in nanoseconds has passed.
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
