//go:build linux

// Package epoll is the backend for Linux: a locked, pinned thread and a private
// epoll instance a loop, raw system calls on non-blocking sockets, nothing
// allocated for a read, a write or a wait.
package epoll

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
)

// System returns the backend.
func System() backend.System {
	return backend.System{Name: "joust evloop", NewLoop: newLoop, Lookup: backend.Lookup, Pins: true, ReportsEnds: true}
}

// poller is one private, level-triggered epoll instance. It belongs to one
// thread.
type poller struct {
	fd     int
	wakeFD int
	ready  [backend.MostEvents]unix.EpollEvent
	events [backend.MostEvents]backend.Event
	// noPwait2 is set on kernels before 5.11, where waits round up to a
	// millisecond.
	noPwait2 bool

	sockets []socket
	// addresses are those of each target. They belong to the thread: connecting writes
	// into them.
	addresses  [][]unix.Sockaddr
	sendBuffer int
	stamps     stampReader
	// schedstat is the scheduler's account of the thread, nil where the kernel
	// keeps none.
	schedstat *os.File
}

// wakeToken marks the event of the descriptor that other goroutines write to.
const wakeToken = -1

func newLoop(spec *loaders.Spec, connections int) (backend.Loop, error) {
	addresses, err := sockaddrs(spec)
	if err != nil {
		return nil, err
	}
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("creating an epoll instance: %w", err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("creating the wake-up descriptor of an event loop: %w", err)
	}
	p := &poller{fd: fd, wakeFD: wake, sockets: make([]socket, connections), addresses: addresses, sendBuffer: spec.SendBuffer}
	if err := p.add(wake, wakeToken, unix.EPOLLIN); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Close implements backend.Loop.
func (p *poller) Close() {
	_ = unix.Close(p.fd)
	_ = unix.Close(p.wakeFD)
	_ = p.schedstat.Close()
}

// add asks epoll for the events of a descriptor.
func (p *poller) add(fd, token int, events uint32) error {
	ev := unix.EpollEvent{Events: events, Fd: int32(token)}
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		return fmt.Errorf("adding a descriptor to epoll: %w", err)
	}
	return nil
}

// Wake implements backend.Loop.
func (p *poller) Wake() {
	one := [8]byte{1}
	_, _ = unix.Write(p.wakeFD, one[:])
}

// Wait implements backend.Loop. It waits to the nanosecond where the kernel can. A
// poll cannot block, so it may skip the scheduler's bookkeeping.
func (p *poller) Wait(ns int64) ([]backend.Event, error) {
	fd, most := uintptr(p.fd), uintptr(len(p.ready))
	if ns <= 0 {
		n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, fd, uintptr(unsafe.Pointer(&p.ready[0])), most, 0, 0, 0)
		return p.translate(n, errno)
	}
	if !p.noPwait2 {
		ts := unix.NsecToTimespec(ns)
		n, _, errno := syscall.Syscall6(unix.SYS_EPOLL_PWAIT2, fd, uintptr(unsafe.Pointer(&p.ready[0])), most, uintptr(unsafe.Pointer(&ts)), 0, 0)
		if errno != unix.ENOSYS {
			return p.translate(n, errno)
		}
		p.noPwait2 = true
	}
	n, _, errno := syscall.Syscall6(unix.SYS_EPOLL_PWAIT, fd, uintptr(unsafe.Pointer(&p.ready[0])), most, uintptr((ns+999_999)/1e6), 0, 0)
	return p.translate(n, errno)
}

// translate turns the kernel's events into the engine's.
func (p *poller) translate(n uintptr, errno syscall.Errno) ([]backend.Event, error) {
	switch errno {
	case 0:
	case unix.EINTR:
		// Go's runtime signals its threads to preempt them.
		return nil, nil
	default:
		return nil, fmt.Errorf("waiting for events: %w", errno)
	}
	for i := range p.ready[:n] {
		ev := &p.ready[i]
		if ev.Fd == wakeToken {
			var count [8]byte
			_, _ = unix.Read(p.wakeFD, count[:]) // makes the descriptor quiet again
		}
		p.events[i] = backend.Event{Conn: ev.Fd, What: what(ev.Events)}
	}
	return p.events[:n], nil
}

// what returns the events of one descriptor in the engine's form.
func what(events uint32) (w backend.What) {
	if events&unix.EPOLLIN != 0 {
		w = backend.Readable
	}
	if events&unix.EPOLLOUT != 0 {
		w |= backend.Writable
	}
	if events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		w |= backend.Ended
	}
	return w
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
