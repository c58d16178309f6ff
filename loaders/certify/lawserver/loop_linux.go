package lawserver

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/loaders/clock"
)

const (
	// spinTail is how long before an instant the loop spins instead of waiting,
	// in nanoseconds: more than what a wait overshoots.
	spinTail = int64(100e3)
	// longestWait bounds one wait, in nanoseconds.
	longestWait = int64(1e9)
	readBuffer  = 256 << 10
)

// conn is one accepted connection.
type conn struct {
	fd     int
	reader reader
	// pending is what the kernel did not take yet.
	pending []byte
	// answers counts the answers given on the connection.
	answers uint64
	then    ending
	writing bool
	closed  bool
}

// loop is the server's one thread. Nobody else touches it: others hand it
// functions.
type loop struct {
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
	// free is when that single server has answered all that it has.
	free   float64
	queue  queue
	counts Counts
	stamps Stamps

	conns  []*conn // by descriptor
	events [256]unix.EpollEvent
	buf    []byte
}

func newLoop(at netip.AddrPort) (*loop, error) {
	l := &loop{listener: -1, commands: make(chan func(), 1), buf: make([]byte, readBuffer), address: at}
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

func (l *loop) control(operation, fd int, events uint32) error {
	if err := unix.EpollCtl(l.epoll, operation, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)}); err != nil {
		return fmt.Errorf("watching a descriptor: %w", err)
	}
	return nil
}

// obeyLaw puts a law into force: counts, stamps and waiting requests begin
// anew. Connections stay, unless the behaviour changes.
func (l *loop) obeyLaw(law Law) error {
	compiled, err := compile(law)
	if err != nil {
		return err
	}
	if law.Behaviour != l.law.Behaviour {
		l.endAll()
	}
	l.law, l.script = law, compiled
	l.service, l.free = 0, 0
	if law.CapacityRPS > 0 {
		l.service = 1e9 / law.CapacityRPS
	}
	l.counts = Counts{}
	l.stamps = Stamps{ArrivedNS: make([]int64, 0, law.Stamps), AnsweredNS: make([]int64, 0, law.Stamps)}
	l.queue.clear()
	if compiled.refuse {
		l.unlisten()
		return nil
	}
	return l.open()
}

// open listens, where it does not yet.
func (l *loop) open() error {
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

func (l *loop) unlisten() {
	if l.listener >= 0 {
		_ = unix.Close(l.listener)
		l.listener = -1
	}
}

// endAll resets every connection.
func (l *loop) endAll() {
	for _, c := range l.conns {
		if c != nil {
			l.end(c, closeRST)
		}
	}
}

func (l *loop) close() {
	l.unlisten()
	l.endAll()
	_ = unix.Close(l.epoll)
	_ = unix.Close(l.wake)
}

// run serves until quit is set by a command.
func (l *loop) run() error {
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

// rest does nothing until the instant, but commands are obeyed.
func (l *loop) rest(until int64) error {
	for !l.quit {
		left := until - clock.Now()
		switch {
		case left <= 0 || l.law.Stall.until(until-left) == 0:
			return nil
		case left <= spinTail:
			continue
		}
		ts := unix.NsecToTimespec(min(left-spinTail, longestWait))
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

// await waits until something is ready or due.
func (l *loop) await(now int64) (int, error) {
	due := l.queue.due()
	// A single server is busy for the whole of its service time.
	busy := l.service > 0 && due != never
	if busy || due-now <= spinTail {
		return poll(l.epoll, l.events[:])
	}
	return wait(l.epoll, l.events[:], min(due-now-spinTail, longestWait))
}

// handle acts on one event. It is false when a stop has begun: what is ready
// then stays so.
func (l *loop) handle(ev *unix.EpollEvent) bool {
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

// obey runs the commands that wait.
func (l *loop) obey() {
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

// accept takes every connection that waits.
func (l *loop) accept() {
	for {
		fd, _, err := unix.Accept4(l.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err == unix.EINTR || err == unix.ECONNABORTED {
			continue
		}
		if err != nil {
			return
		}
		for fd >= len(l.conns) {
			l.conns = append(l.conns, make([]*conn, fd+1)...)
		}
		c := &conn{fd: fd}
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
func (l *loop) end(c *conn, how ending) {
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
