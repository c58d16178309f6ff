package portable

import (
	"fmt"
	"net"

	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

const (
	// firstBackoff and lastBackoff bound the wait between attempts to connect,
	// in nanoseconds.
	firstBackoff = int64(10e6)
	lastBackoff  = int64(1e9)
	// hopeless is the number of attempts in a row after which nobody waits
	// for a connection.
	hopeless = 4
)

// setDeadline says until when the user's state may last.
func (s *shard) setDeadline(u *user, at int64) {
	u.deadline = at
	s.nextScan = min(s.nextScan, at)
}

// scan acts on every deadline that has passed.
func (s *shard) scan(now int64) {
	if now < s.nextScan {
		return
	}
	s.nextScan = never
	next := never
	for _, u := range s.users {
		if u.deadline <= now {
			s.expire(u, now)
		}
		next = min(next, u.deadline)
	}
	if next != never {
		s.nextScan = max(next, now+scanStep)
	}
}

// expire acts on one deadline.
func (s *shard) expire(u *user, now int64) {
	u.deadline = never
	switch {
	case u.link == nil && !u.connecting:
		s.waited(u, now)
		u.waits = 0
		s.dial(u)
	case u.link != nil && len(u.flights) > 0:
		f := &u.flights[0]
		s.fail(u, f, now, results.CauseTimeout, fmt.Sprintf("%s: no answer within %v", s.spec.Requests[f.Request].Name, s.spec.RequestTimeout))
		s.restart(u)
	}
}

// dial begins to connect, in a goroutine that becomes the link's reader.
func (s *shard) dial(u *user) {
	if s.closed {
		return
	}
	u.connecting = true
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		began := clock.Now()
		d := net.Dialer{Timeout: s.spec.ConnectTimeout, KeepAlive: -1}
		network := "tcp"
		if s.spec.Target.Network == "unix" {
			network = "unix"
		}
		conn, err := d.DialContext(s.life, network, s.spec.Target.Address)
		if tcp, ok := conn.(*net.TCPConn); ok && s.spec.SendBuffer > 0 {
			// A socket that refuses is one that the next write finds broken.
			_ = tcp.SetWriteBuffer(s.spec.SendBuffer)
		}
		s.mu.Lock()
		u.connecting = false
		if err != nil {
			s.connectFailed(u, err)
			s.release()
			return
		}
		if s.closed {
			s.release()
			_ = conn.Close()
			return
		}
		l := s.opened(u, conn, began)
		s.release()
		s.read(u, l)
	}()
}

// opened makes a new connection ready and starts its writer.
func (s *shard) opened(u *user, conn net.Conn, began int64) *link {
	now := clock.Now()
	s.connect.Record(now - began)
	if u.known {
		s.out.Reconnects++
		s.source.Reconnected(u.id)
	}
	u.known = true
	l := &link{conn: conn, raw: rawOf(conn), jobs: make(chan job, s.spec.Depth), flushed: make(chan struct{}, 1)}
	u.link, u.fresh, u.inBody = l, true, false
	u.flights, u.issued, u.carry = u.flights[:0], 0, nil
	u.idleSince, u.deadline = now, never
	u.parser.Reset()
	s.open++
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		s.write(u, l)
	}()
	s.proceed(u)
	return l
}

// connectFailed counts an attempt and plans the next.
func (s *shard) connectFailed(u *user, err error) {
	if s.closed {
		return
	}
	cause := connectCause(err)
	if s.connectError == nil {
		s.connectCause = cause
		s.connectError = fmt.Errorf("connecting to %s: %w", s.spec.Target.Address, err)
	}
	s.out.ConnectionFailed(cause, "connecting: "+err.Error())
	s.replace(u, clock.Now())
}

// drop closes the link. The user is down afterwards.
func (s *shard) drop(u *user) {
	if u.link == nil {
		return
	}
	s.open--
	if s.out.cpu0 != 0 && s.nextMark != never { // inside the window
		s.out.minOpen = min(s.out.minOpen, s.open)
	}
	close(u.link.jobs)
	_ = u.link.conn.Close()
	u.link, u.carry = nil, nil
}

// replace drops a connection and connects anew: at once where the connection
// has given an answer, else later and later, so that a server that gives none is
// not flooded with connections.
func (s *shard) replace(u *user, now int64) {
	answered := u.link != nil && u.link.answered
	s.drop(u)
	if answered {
		s.dial(u)
		return
	}
	u.failures++
	u.waits = now
	s.setDeadline(u, now+backoff(u.failures))
}

// waited records how long the user has waited until now to be connected again.
func (s *shard) waited(u *user, now int64) {
	if u.waits != 0 {
		s.out.Backoff(u.waits, now)
		u.waits = now
	}
}

// backoff is the wait before an attempt, in nanoseconds, after that many
// connections in a row, at least 1, that gave no answer.
func backoff(failures int) int64 { return min(lastBackoff, firstBackoff<<min(failures-1, 10)) }

// recycle closes the connection as the row asks and connects anew at once.
func (s *shard) recycle(u *user) {
	if tcp, ok := u.link.conn.(*net.TCPConn); ok && s.spec.Connection.CloseWith == scenarios.RST {
		_ = tcp.SetLinger(0)
	}
	s.drop(u)
	s.dial(u)
}

// connectAll opens every connection.
func (s *shard) connectAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		s.dial(u)
	}
	s.settle()
}

// settle waits until every connection is open, or can evidently not be, or
// the load was told to end.
func (s *shard) settle() {
	limit := clock.Now() + int64(s.spec.ConnectTimeout)
	for {
		now := clock.Now()
		s.scan(now)
		if s.halted || now >= limit || s.settled() {
			return
		}
		s.sleep(min(s.nextScan, limit))
	}
}

func (s *shard) settled() bool {
	if s.open == len(s.users) {
		return true
	}
	for _, u := range s.users {
		if u.link == nil && u.failures < hopeless {
			return false
		}
	}
	return true
}

// reached is how many connections were open once: a server that closes them again
// at once has let them be opened.
func (s *shard) reached() int {
	n := 0
	for _, u := range s.users {
		if u.known {
			n++
		}
	}
	return n
}

// close ends every connection and waits for its goroutines.
func (s *shard) close() {
	s.mu.Lock()
	s.closed = true
	for _, u := range s.users {
		s.drop(u)
	}
	s.mu.Unlock()
	s.running.Wait()
}
