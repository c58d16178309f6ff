package lawserver

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/loaders/clock"
)

const (
	// spinTail is the time before an instant in which the loop spins instead of
	// waiting, in nanoseconds: more than a wait overshoots.
	spinTail = int64(100e3)
	// longestWait bounds one wait, in nanoseconds.
	longestWait = int64(1e9)
	readBuffer  = 256 << 10
)

// peer is one accepted connection.
type peer struct {
	fd     int
	reader requestReader
	// pending are the bytes that the kernel did not take yet.
	pending []byte
	// answers counts the answers given on the connection.
	answers uint64
	then    ending
	writing bool
	closed  bool
}

// thread is the server's one thread, an epoll loop. Others hand it functions.
type thread struct {
	address netip.AddrPort
	epoll   int
	wake    int
	// listener is -1 while the server refuses connections.
	listener int
	commands chan func()
	quit     bool

	law    Law
	script script
	// service is the service time of a law of capacity, in nanoseconds.
	service float64
	// free is the instant at which that single server has answered all requests.
	free   float64
	queue  queue
	counts Counts
	stamps Stamps

	conns  []*peer // by descriptor
	events [256]unix.EpollEvent
	buf    []byte
}

func newLoop(at netip.AddrPort) (*thread, error) {
	l := &thread{listener: -1, commands: make(chan func(), 1), buf: make([]byte, readBuffer), address: at}
	var err error
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("creating an epoll instance: %w", err)
	}
	if l.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		_ = unix.Close(l.epoll)
		return nil, fmt.Errorf("creating a wake-up descriptor: %w", err)
	}
	if err = l.control(unix.EPOLL_CTL_ADD, l.wake, unix.EPOLLIN); err == nil {
		err = l.obeyLaw(Law{})
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *thread) control(operation, fd int, events uint32) error {
	if err := unix.EpollCtl(l.epoll, operation, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)}); err != nil {
		return fmt.Errorf("watching a descriptor: %w", err)
	}
	return nil
}

// obeyLaw puts a valid law into force: counts, stamps and waiting requests begin
// anew. Connections stay, unless the behaviour changes.
func (l *thread) obeyLaw(law Law) error {
	if law.Behaviour != l.law.Behaviour {
		l.endAll()
	}
	l.law, l.script = law, scripts(law)[law.Behaviour]()
	l.service, l.free = 0, 0
	if law.CapacityRPS > 0 {
		l.service = 1e9 / law.CapacityRPS
	}
	l.counts = Counts{}
	l.stamps = Stamps{ArrivedNS: make([]int64, 0, law.Stamps), AnsweredNS: make([]int64, 0, law.Stamps)}
	l.queue = queue{}
	if l.script.refuse {
		l.unlisten()
		return nil
	}
	return l.open()
}

// open listens, unless the server does already.
func (l *thread) open() error {
	if l.listener >= 0 {
		return nil
	}
	fd, bound, err := listen(l.address)
	if err != nil {
		return err
	}
	l.listener, l.address = fd, bound
	return l.control(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN)
}

func (l *thread) unlisten() {
	if l.listener >= 0 {
		_ = unix.Close(l.listener)
		l.listener = -1
	}
}

// endAll resets every connection.
func (l *thread) endAll() {
	for _, c := range l.conns {
		if c != nil {
			l.end(c, closeRST)
		}
	}
}

func (l *thread) close() {
	l.unlisten()
	l.endAll()
	_ = unix.Close(l.epoll)
	_ = unix.Close(l.wake)
}

// run serves until quit is set by a command.
func (l *thread) run() error {
	for !l.quit {
		now := clock.Now()
		if until := l.law.Stall.until(now); until > now {
			if err := l.rest(until); err != nil {
				return err
			}
			continue
		}
		l.perform(now)
		n, err := l.await(clock.Now())
		if err != nil {
			return err
		}
		for i := range n {
			if !l.handle(&l.events[i]) {
				break
			}
		}
	}
	return nil
}

// rest obeys commands, and does nothing else until the instant.
func (l *thread) rest(until int64) error {
	for !l.quit {
		now := clock.Now()
		remaining := until - now
		switch {
		case remaining <= 0 || l.law.Stall.until(now) == 0:
			return nil
		case remaining <= spinTail:
			continue
		}
		ts := unix.NsecToTimespec(min(remaining-spinTail, longestWait))
		fds := []unix.PollFd{{Fd: int32(l.wake), Events: unix.POLLIN}}
		n, err := unix.Ppoll(fds, &ts, nil)
		if err != nil && err != unix.EINTR {
			return fmt.Errorf("waiting for the end of a stop: %w", err)
		}
		if n > 0 {
			l.obey()
		}
	}
	return nil
}

// await waits until a descriptor is ready or a task is due.
func (l *thread) await(now int64) (int, error) {
	due := l.queue.due()
	// A single server is busy for the whole of its service time.
	busy := l.service > 0 && due != never
	if busy || due-now <= spinTail {
		return poll(l.epoll, l.events[:])
	}
	return wait(l.epoll, l.events[:], min(due-now-spinTail, longestWait))
}

// handle acts on one event. It returns false, and does not act, when a stop has
// begun.
func (l *thread) handle(ev *unix.EpollEvent) bool {
	fd := int(ev.Fd)
	if fd == l.wake {
		l.obey()
		return true
	}
	if l.law.Stall != nil && l.law.Stall.until(clock.Now()) > 0 {
		return false
	}
	if fd == l.listener {
		l.accept()
		return true
	}
	if fd >= len(l.conns) || l.conns[fd] == nil {
		return true
	}
	c := l.conns[fd]
	if ev.Events&^uint32(unix.EPOLLOUT) != 0 {
		l.receive(c)
	}
	if ev.Events&unix.EPOLLOUT != 0 && !c.closed {
		l.flush(c)
	}
	return true
}

// obey runs all waiting commands.
func (l *thread) obey() {
	var buf [8]byte
	_, _ = unix.Read(l.wake, buf[:])
	for {
		select {
		case command := <-l.commands:
			command()
		default:
			return
		}
	}
}

// accept accepts every waiting connection.
func (l *thread) accept() {
	for {
		fd, _, err := unix.Accept4(l.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err == unix.EINTR || err == unix.ECONNABORTED {
			continue
		}
		if err != nil {
			return
		}
		for fd >= len(l.conns) {
			l.conns = append(l.conns, make([]*peer, fd+1)...)
		}
		c := &peer{fd: fd}
		l.conns[fd] = c
		l.counts.Connections++
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		if l.script.deaf {
			continue
		}
		if l.control(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN) != nil {
			l.end(c, closeRST)
		}
	}
}

// end closes a connection.
func (l *thread) end(c *peer, how ending) {
	if c.closed {
		return
	}
	if how == closeRST {
		_ = unix.SetsockoptLinger(c.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	_ = unix.Close(c.fd)
	c.closed = true
	l.conns[c.fd] = nil
}
