//go:build linux

package evloop

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// poller is one private, level-triggered epoll instance. It belongs to one
// thread.
type poller struct {
	fd     int
	wakeFD int
	events [256]unix.EpollEvent
	// noPwait2 is set on kernels before 5.11, where waits round up to a
	// millisecond.
	noPwait2 bool
}

// wakeToken marks the event of the descriptor that other goroutines write to.
const wakeToken = -1

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("creating an epoll instance: %w", err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("creating the wake-up descriptor of an event loop: %w", err)
	}
	p := &poller{fd: fd, wakeFD: wake}
	if err := p.add(wake, wakeToken, unix.EPOLLIN); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *poller) close() {
	_ = unix.Close(p.fd)
	_ = unix.Close(p.wakeFD)
}

func (p *poller) add(fd, token int, events uint32) error {
	ev := unix.EpollEvent{Events: events, Fd: int32(token)}
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		return fmt.Errorf("adding a descriptor to epoll: %w", err)
	}
	return nil
}

func (p *poller) modify(fd, token int, events uint32) error {
	ev := unix.EpollEvent{Events: events, Fd: int32(token)}
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_MOD, fd, &ev); err != nil {
		return fmt.Errorf("changing the events of a descriptor: %w", err)
	}
	return nil
}

// wake ends the poller's wait; any goroutine may call it.
func (p *poller) wake() {
	one := [8]byte{1}
	_, _ = unix.Write(p.wakeFD, one[:])
}

func (p *poller) drainWake() {
	var buf [8]byte
	_, _ = unix.Read(p.wakeFD, buf[:])
}

// poll returns what is ready now. It cannot block, so it may skip the
// scheduler's bookkeeping.
func (p *poller) poll() ([]unix.EpollEvent, error) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd),
		uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)), 0, 0, 0)
	return p.ready(n, errno)
}

// wait blocks until something is ready or the time has passed, to the
// nanosecond where the kernel can.
func (p *poller) wait(ns int64) ([]unix.EpollEvent, error) {
	if !p.noPwait2 {
		ts := unix.NsecToTimespec(ns)
		n, _, errno := syscall.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.fd),
			uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)),
			uintptr(unsafe.Pointer(&ts)), 0, 0)
		if errno != unix.ENOSYS {
			return p.ready(n, errno)
		}
		p.noPwait2 = true
	}
	n, _, errno := syscall.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd),
		uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)),
		uintptr((ns+999_999)/1e6), 0, 0)
	return p.ready(n, errno)
}

func (p *poller) ready(n uintptr, errno syscall.Errno) ([]unix.EpollEvent, error) {
	switch errno {
	case 0:
		return p.events[:n], nil
	case unix.EINTR:
		// Go's runtime signals its threads to preempt them.
		return nil, nil
	}
	return nil, fmt.Errorf("waiting for events: %w", errno)
}

// read and write skip the scheduler's bookkeeping: the descriptors are
// non-blocking.
func read(fd int32, buf []byte) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)))
		if errno != unix.EINTR {
			return int(n), errno
		}
	}
}

func write(fd int32, buf []byte) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)),
			unix.MSG_NOSIGNAL, 0, 0)
		if errno != unix.EINTR {
			return int(n), errno
		}
	}
}
