package core

import (
	"cmp"
	"fmt"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// The back-off between attempts to connect, in nanoseconds.
const (
	firstBackoff = int64(10e6)
	lastBackoff  = int64(1e9)
)

// stampedEvery is the number of connections among which the system stamps the
// arrivals of one.
const stampedEvery = 64

// setDeadline sets the end of the connection's state.
func (s *shard) setDeadline(c *connection, at int64) {
	s.deadlines[c.id] = at
	s.nextScan = min(s.nextScan, at)
}

// scan acts on every deadline that has passed.
func (s *shard) scan(now int64) {
	next := never
	for i, at := range s.deadlines {
		if at <= now {
			s.expire(&s.conns[i], now)
			at = s.deadlines[i]
		}
		next = min(next, at)
	}
	s.nextScan = max(next, now+scanStep)
}

// expire acts on one deadline.
func (s *shard) expire(c *connection, now int64) {
	s.deadlines[c.id] = never
	switch c.state {
	case stateDown:
		s.waited(c, now)
		c.waits = 0
		s.renew(c)
	case stateConnecting:
		s.connectFailed(c, results.CauseConnectTimeout, fmt.Sprintf("no connection within %v", s.spec.ConnectTimeout))
	case stateShaking:
		// The goroutine that shakes hands fails and gives the connection back.
		c.io.Interrupt()
	case stateOpen:
		if c.count == 0 {
			return
		}
		limit := s.timeout(c.oldest().request)
		if at := c.oldest().Sent + limit; now < at {
			s.setDeadline(c, at)
			s.advanceExchange(c) // the deadline was that of a step
			return
		}
		s.fail(c, now, failure{cause: results.CauseTimeout, detail: fmt.Sprintf("%s: no answer within %v", s.groups[c.oldest().Group], time.Duration(limit))})
		s.restart(c)
	}
}

// dial begins to connect, to the addresses of the target in turn.
func (s *shard) dial(c *connection) {
	c.began = clock.Now()
	c.steps.begin()
	if s.targetOf(c).Name != "" {
		s.lookUp(c)
		return
	}
	c.dialled = c.began
	if routed, ok := s.source.(source.Routed); ok {
		if to, ok := routed.Address(); ok {
			made, established, err := s.loop.DialTo(c.id, to)
			s.dialing(c, made, established, err)
			return
		}
	}
	made, established, err := s.loop.Dial(c.id, int(c.target), s.place(c))
	s.dialing(c, made, established, err)
}

// dialing awaits the connection that the loop makes, and may have made already.
func (s *shard) dialing(c *connection, made backend.Conn, established bool, err error) {
	if err != nil {
		s.connectBroke(c, err)
		return
	}
	c.io, c.state = made, stateConnecting
	if established {
		s.connected(c)
		return
	}
	s.setDeadline(c, c.dialled+int64(s.spec.ConnectTimeout))
}

// place returns the connection's number among all of the load.
func (s *shard) place(c *connection) int { return int(c.id)*s.spec.Threads + s.id }

// finishConnect acts on the outcome of a connect.
func (s *shard) finishConnect(c *connection) {
	if err := c.io.Finish(); err != nil {
		s.connectBroke(c, err)
		return
	}
	s.connected(c)
}

// connected takes a connection that is made to its handshake, or opens it.
func (s *shard) connected(c *connection) {
	took := clock.Now() - c.dialled
	s.connect.Record(took)
	if c.steps != nil {
		c.steps.Connect = took
	}
	if s.tlsOf(c) != nil {
		s.handshake(c)
		return
	}
	if err := c.io.Watch(false); err != nil {
		s.connectBroke(c, err)
		return
	}
	s.opened(c)
}

// opened makes a new connection ready for requests.
func (s *shard) opened(c *connection) {
	now := clock.Now()
	if c.known {
		s.out.Counts.Reconnects++
		if !c.ordered {
			s.source.Reconnected(c.id)
		}
	}
	c.state, c.known, c.writing = stateOpen, true, false
	c.steps.open(now)
	c.issued, c.answered = c.count, false
	c.pending, c.tail, c.carry = nil, nil, nil
	c.idleSince = now
	c.stamped = nil
	if c.secret == nil && s.place(c)%stampedEvery == 0 {
		if stamped, ok := c.io.(backend.Stamped); ok && stamped.Stamp() {
			c.stamped = stamped
		}
	}
	c.codec.Open()
	s.deadlines[c.id] = never
	if s.open++; s.open == 1 {
		s.live.gone.Store(0)
	}
	if s.hosts != nil {
		s.hostOpened(c)
	}
	if c.count > 0 {
		if c.ordered {
			c.ordered, c.oldest().Sent = false, now
		}
		s.sendOn(c, now)
		s.offer(c)
		return
	}
	c.ordered, c.repeating = false, false
	s.proceed(c)
	if s.spec.LatencyFrom == loaders.FromConnect {
		c.fromConnect()
	}
}

// fromConnect moves the begin of the requests in flight to the attempt to connect: they
// are the first of this connection, and waited for it.
func (c *connection) fromConnect() {
	for i := range c.count {
		f := &c.slots[(c.first+i)%len(c.slots)]
		f.Intended, f.Sent = c.began, c.began
	}
}

// connectBroke counts an attempt that failed in the backend.
func (s *shard) connectBroke(c *connection, err error) {
	s.connectFailed(c, backend.CauseOf(err), err.Error())
}

// connectFailed counts a failed attempt and plans the next one.
func (s *shard) connectFailed(c *connection, cause results.Cause, detail string) {
	if s.connectError == nil {
		s.connectCause = cause
		s.connectError = fmt.Errorf("connecting to %s: %s", s.addressOf(c), detail)
	}
	if s.open == 0 {
		s.live.gone.Store(s.goneSince(c))
	}
	now := clock.Now()
	if s.hosts != nil {
		s.hostFailed(c, cause, detail, now)
		detail = s.routeOf(c).origin + ": " + detail
	}
	s.out.ConnectionFailed(cause, "connecting: "+detail)
	if c.repeating {
		s.failFlights(c, now, results.CauseClosed, "the server closed the idle connection as the request was sent, and no other could be made: "+detail)
	}
	s.failUnsent(c, now, cause, detail)
	s.replace(c, now)
}

// goneSince returns the instant since which the server is gone, where no connection is
// open and the attempt to make this one failed. Connections that are made for requests
// may be closed all for other reasons: the first attempt that failed tells then.
func (s *shard) goneSince(c *connection) int64 {
	if s.onDemand {
		return cmp.Or(s.live.gone.Load(), c.began)
	}
	return s.lostAt
}

// drop closes the connection.
func (s *shard) drop(c *connection, reset bool) {
	if c.state == stateOpen {
		if s.open--; s.open == 0 {
			s.lostAt = clock.Now()
		}
		if s.hosts != nil {
			s.hostLost(c)
		}
		if s.windowOpen && s.nextMark != never {
			s.out.minOpen = min(s.out.minOpen, s.open)
		}
	}
	if c.io != nil {
		c.io.Close(reset)
	}
	if c.execution != nil {
		*c.execution = execution{}
	}
	c.lives++
	c.io, c.state, c.secret, c.answered, c.cut = nil, stateDown, nil, false, false
	c.pending, c.tail, c.carry = nil, nil, nil
}

// replace drops a connection and connects anew: at once where the connection has given
// an answer, else after a wait that grows, to spare a server that gives none.
func (s *shard) replace(c *connection, now int64) {
	answered := c.answered
	s.drop(c, false)
	if answered {
		s.renew(c)
		return
	}
	c.failures++
	c.waits = now
	s.setDeadline(c, now+backoff(c.failures))
}

// idleClosed replaces a connection that ended with nothing in flight. Where nobody asked
// anything on it, the time for which it was open counts as the wait that spares the
// server.
func (s *shard) idleClosed(c *connection, now int64) {
	if c.issued > 0 || now-c.idleSince < backoff(c.failures+1) {
		s.replace(c, now)
		return
	}
	c.failures = 0
	s.drop(c, false)
	s.renew(c)
}

// crossed reports whether the request in flight came to a server that had closed the
// connection just before. Its single write makes sure that the server has read no part of
// it.
func (s *shard) crossed(c *connection) bool {
	f := c.oldest()
	return f.FirstByte == 0 && f.Written == 0 && c.unwrittenBytes() == 0 && c.io.Refused()
}

// repeat asks the request in flight again, on a new connection: the server closed the
// old one without reading it (RFC 9110 §15.5.9), which the counter counts. Its time
// counts from its first send. repeat reports whether it does so: once, and only for a
// request that was alone on its connection, and sent whole at once or not at all.
func (s *shard) repeat(c *connection, closes *uint64) bool {
	f := c.oldest()
	unsent := c.unwrittenBytes()
	partly := unsent > 0 && unsent != s.asked(c, f).Size()
	if c.repeating || c.count > 1 || partly || s.programs != nil && s.programs[f.request] != nil {
		return false
	}
	c.repeating = true
	f.FirstByte, f.Written, f.written = 0, 0, 0
	*closes++
	s.out.Counts.Repeated++
	s.drop(c, false)
	s.dial(c)
	return true
}

// waited records the wait before the next attempt, up to now.
func (s *shard) waited(c *connection, now int64) {
	if c.waits != 0 {
		s.out.Backoff(c.waits, now)
		c.waits = now
	}
}

// backoff returns the wait before an attempt, in nanoseconds, after that many
// connections in a row, at least 1, without an answer.
func backoff(failures int) int64 { return min(lastBackoff, firstBackoff<<min(failures-1, 10)) }

// recycle closes the connection as the Spec asks and makes a new one.
func (s *shard) recycle(c *connection) {
	s.drop(c, s.spec.Connection.CloseWith == scenarios.RST)
	s.renew(c)
}

// renew makes a new connection: now or, where connections are made for requests or
// together, with the next request or wave. An exchange in flight goes on over it. Once the
// loader has ended a connection of a spent phase, the next phase makes the new one.
func (s *shard) renew(c *connection) {
	switch {
	case s.onDemand && c.count == 0:
		s.awaitRequest(c)
	case s.endsPart(c) && s.sending, s.spec.Connection.ReconnectEvery > 0 && c.count == 0 && s.spent():
		c.state = stateHeld
		s.deadlines[c.id] = never
	default:
		s.dial(c)
	}
}

// awaitRequest lets the connection, which is down, wait for its next request.
func (s *shard) awaitRequest(c *connection) {
	if c.known {
		s.source.Reconnected(c.id)
	}
	c.state, c.issued, c.idleSince = stateAsked, 0, clock.Now()
	s.deadlines[c.id] = never
	s.offer(c)
}

// closeAll closes all idle connections. Their places wait for a request, and connect for
// it: the latency of the first requests then includes the time to connect, as that of
// later ones does.
func (s *shard) closeAll() {
	for i := range s.conns {
		if c := &s.conns[i]; c.state == stateOpen && c.count == 0 {
			s.drop(c, false)
			s.awaitRequest(c)
		}
	}
}

// dialAll makes the connections that wait: their phase asks nothing more of them.
func (s *shard) dialAll() {
	s.onDemand = false
	for i := range s.conns {
		if c := &s.conns[i]; c.state == stateAsked || c.state == stateHeld {
			s.dial(c)
		}
	}
}
