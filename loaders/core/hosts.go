package core

import (
	"crypto/tls"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/loaders/secure"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
)

// route is the way to one of several targets. All threads share it.
type route struct {
	// origin is the begin of its URLs, such as "https://host:8443".
	origin, address string
	// tls is nil for plain text.
	tls *tls.Config
	// weight is the target's part of the connections, relative to the others'.
	weight uint64
}

// routesOf returns the way to each target, nil where there is one.
func routesOf(spec *loaders.Spec, alpn []string) ([]route, error) {
	if len(spec.Hosts) == 0 {
		return nil, nil
	}
	weights := spec.HostWeights()
	routes := make([]route, len(weights))
	for i, t := range spec.Targets() {
		r := &routes[i]
		*r = route{origin: spec.Origin(i), address: t.Address, weight: weights[i]}
		if own := spec.TLSOf(i); own != nil {
			var err error
			if r.tls, err = secure.Config(own, t.Host, alpn); err != nil {
				return nil, err
			}
		}
	}
	return routes, nil
}

// hosts is the part of a thread whose requests go to several hosts. It is nil where there
// is one.
type hosts struct {
	lanes []lane
	// free are the lanes with a turn that waits and a connection that became idle.
	free []int32
	// queued is how many turns wait in all lanes.
	queued int
	// view shows the source the requests that were refused.
	view source.View
}

// lane is the part of a thread for one host.
type lane struct {
	*route
	// idle holds the connections that can take a request, longest idle first.
	idle ring[int32]
	// waiting holds the turns that were due and found no idle connection, in their order.
	waiting fifo
	// freed is true while the lane is among the free ones.
	freed bool
	// connections is how many places the host has, open how many are open.
	connections, open int
	// cause and detail say why the host takes no connections; empty once one is open.
	cause  results.Cause
	detail string
	// counts are those of the phase.
	counts results.TargetUse
}

// newHosts divides the connections of a thread among the targets.
func newHosts(routes []route, conns []connection) *hosts {
	if routes == nil {
		return nil
	}
	weights := make([]uint64, len(routes))
	for i := range routes {
		weights[i] = routes[i].weight
	}
	h := &hosts{lanes: make([]lane, len(routes))}
	at := 0
	for i, n := range divide(len(conns), weights) {
		h.lanes[i] = lane{route: &routes[i], connections: n, idle: ring[int32]{slots: make([]int32, n)}}
		for range n {
			conns[at].target = int32(i)
			at++
		}
	}
	return h
}

// reset begins a phase.
func (h *hosts) reset() {
	if h == nil {
		return
	}
	for i := range h.lanes {
		h.lanes[i].counts = results.TargetUse{}
	}
}

// offer puts a connection into the idle queue of its host.
func (h *hosts) offer(c *connection) {
	l := &h.lanes[c.target]
	*l.idle.push() = c.id
	if l.waiting.count() > 0 && !l.freed {
		l.freed = true
		h.free = append(h.free, c.target)
	}
}

// waits reports whether turns wait for connections of their hosts.
func (h *hosts) waits() bool { return h != nil && h.queued > 0 }

// hold reports whether the turns that wait are all that may still be sent.
func (h *hosts) hold(quota int64) bool { return h != nil && quota <= int64(h.queued) }

// routeOf returns the way to the connection's host, nil where there is one host.
func (s *shard) routeOf(c *connection) *route {
	if s.hosts == nil {
		return nil
	}
	return s.hosts.lanes[c.target].route
}

// tlsOf returns the TLS of the connection's host, nil for plain text.
func (s *shard) tlsOf(c *connection) *tls.Config {
	if r := s.routeOf(c); r != nil {
		return r.tls
	}
	return s.tls
}

// addressOf returns the first address of the connection's host.
func (s *shard) addressOf(c *connection) string {
	if r := s.routeOf(c); r != nil {
		return r.address
	}
	return s.spec.Target.Address
}

// dispatch sends the turn, whose request is chosen, on a connection of its host, or lets
// it wait for one behind those that came before. Where the host is down it fails at once,
// so that others do not wait for it. dispatch reports whether it sent.
func (s *shard) dispatch(t turn, now int64) bool {
	l := &s.hosts.lanes[s.targets[t.request]]
	if l.waiting.count() == 0 {
		if c := s.takeFrom(&l.idle); c != nil {
			s.sendTurn(c, t, now)
			return true
		}
	}
	if s.isDown(l) {
		s.refuse(l, t, now)
		return false
	}
	l.waiting.push(t)
	s.hosts.queued++
	return false
}

// sendTurn sends the request of a turn.
func (s *shard) sendTurn(c *connection, t turn, now int64) {
	s.out.Lag(t.at, c.idleSince, now)
	if !s.borrowing {
		s.launched++
		t.id = c.id
	}
	s.issue(c, t, now)
	s.offer(c)
}

// serveWaiting sends the turns that wait on the connections that became idle.
func (s *shard) serveWaiting() {
	h := s.hosts
	for len(h.free) > 0 {
		l := &h.lanes[h.free[len(h.free)-1]]
		h.free, l.freed = h.free[:len(h.free)-1], false
		for l.waiting.count() > 0 {
			c := s.takeFrom(&l.idle)
			if c == nil {
				break
			}
			h.queued--
			s.sendTurn(c, l.waiting.pop(), clock.Now())
		}
	}
}

// launchHosts sends each due request of the schedule on a connection of its host. One
// user of the source asks for all of them.
func (s *shard) launchHosts(now int64) {
	for s.due <= now {
		ask, ok := s.source.Next(0, now)
		if !ok {
			s.quota, s.due = int64(s.hosts.queued), never
			s.limit = int64(s.launched) + s.quota
			return
		}
		t := turn{at: s.due, request: ask.Request, group: ask.Group, row: ask.Row}
		s.due = s.phase.next(s.cursor)
		if s.dispatch(t, now) {
			now = clock.Now()
		}
		if s.hosts.hold(s.quota) {
			s.due = never
		}
	}
}

// isDown reports whether a host takes no connections while another one does.
func (s *shard) isDown(l *lane) bool { return l.open == 0 && l.cause != "" && s.open > 0 }

// refuse fails a turn whose host is down. Its user comes again a moment later, lest users
// of this host alone keep the thread from all others.
func (s *shard) refuse(l *lane, t turn, now int64) {
	s.out.Counts.Asked++
	s.quota--
	s.failed++
	l.counts.Failed++
	e := record.Exchange{Intended: t.at, Sent: now, Group: t.group}
	s.out.Failed(&e, now, l.cause, 0, l.detail)
	if !s.borrowing {
		s.launched++
		return
	}
	s.perUser[t.id]++
	if s.needs != (source.Needs{}) {
		s.hosts.view = source.View{Request: t.request, Cause: l.cause}
		s.source.Done(t.id, &s.hosts.view)
	}
	s.rejoin(t.id, now, now+max(1, int64(s.spec.Think.Draw(s.rnd))))
}

// hostFailed notes that an attempt to connect failed, and fails the turns that wait for a
// host that is down.
func (s *shard) hostFailed(c *connection, cause results.Cause, detail string, now int64) {
	l := &s.hosts.lanes[c.target]
	if l.open == 0 {
		l.cause, l.detail = cause, l.origin+" is down: "+detail
	}
	l.counts.ConnectionFailed(cause, 1, detail)
	for s.isDown(l) && l.waiting.count() > 0 {
		s.hosts.queued--
		s.refuse(l, l.waiting.pop(), now)
	}
}

// hostOpened counts an open connection of a host, which is up.
func (s *shard) hostOpened(c *connection) {
	l := &s.hosts.lanes[c.target]
	l.open++
	l.cause, l.detail = "", ""
}

// hostLost counts an open connection that ended.
func (s *shard) hostLost(c *connection) { s.hosts.lanes[c.target].open-- }

// recall lets the users who wait for a connection go back, when nothing may be sent any
// more.
func (h *hosts) recall(users *turns) {
	if h == nil {
		return
	}
	for i := range h.lanes {
		for l := &h.lanes[i]; l.waiting.count() > 0; {
			users.push(l.waiting.pop())
		}
	}
	h.queued = 0
}

// shedLanes gives up the turns that wait: all of them, or those for which tooLate, where
// it is not nil, holds. give counts each.
func (s *shard) shedLanes(tooLate func(turn) bool, give func(intended int64)) {
	if s.hosts == nil || s.borrowing {
		return
	}
	for i := range s.hosts.lanes {
		l := &s.hosts.lanes[i]
		for l.waiting.count() > 0 && (tooLate == nil || tooLate(*l.waiting.oldest())) {
			s.hosts.queued--
			s.quota--
			give(l.waiting.pop().at)
		}
	}
}

// targetsInto writes what each host did in the phase into the report.
func (s *session) targetsInto(result *results.Phase) {
	for i := range s.routes {
		use := results.TargetUse{URL: s.routes[i].origin, Address: s.routes[i].address}
		for _, thread := range s.shards {
			l := &thread.hosts.lanes[i]
			l.counts.Connections, l.counts.ConnectionsOpen = l.connections, l.open
			use.Add(&l.counts)
		}
		result.Targets = append(result.Targets, use)
	}
}
