package core

import (
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/record"
)

// steps are those in which a connection was made.
type steps struct {
	record.Making
	// ready is when the connection was made.
	ready int64
	// used is true once an exchange has ended on the connection, recorded once the steps
	// stand in the breakdown of the phase.
	used, recorded bool
}

// begin begins another attempt to connect.
func (t *steps) begin() {
	if t != nil {
		t.Lookup, t.Handshake = record.NoStep, record.NoStep
	}
}

// open begins the life of a connection whose steps are taken.
func (t *steps) open(now int64) {
	if t != nil {
		t.ready, t.used, t.recorded = now, false, false
	}
}

// first reports whether the exchange that ends now is the first on the connection.
func (t *steps) first() bool {
	if t == nil || t.used {
		return false
	}
	t.used = true
	return true
}

// forgetSteps lets the steps of all connections stand in the breakdown of another phase.
func (s *shard) forgetSteps() {
	for i := range s.conns {
		if t := s.conns[i].steps; t != nil {
			t.recorded = false
		}
	}
}

// noteWritten notes when the system has taken the whole of the requests in flight. The
// next piece of a request in steps corrects that.
func (c *connection) noteWritten() {
	if c.state != stateOpen || c.unwritten() {
		return
	}
	now := clock.Now()
	for i := range c.count {
		f := &c.slots[(c.first+c.count-1-i)%len(c.slots)]
		if f.written != 0 && c.count > 1 || f.FirstByte != 0 || f.followed > 0 {
			return
		}
		f.written = now
	}
}

// breakDown records where the time of a right answer went, which ended at now. first is
// true where its request was the first on the connection.
func (s *shard) breakDown(c *connection, f *flight, now int64, first bool) {
	t := c.steps
	if !t.recorded {
		s.out.Breakdown.Made(&t.Making)
		t.recorded = true
	}
	p := record.Parts{Sent: f.Sent, Written: f.written, FirstByte: f.FirstByte, End: now}
	var made *record.Making
	switch {
	case !first:
	case p.Sent >= t.ready:
		made = &t.Making
	case f.followed == 0:
		made, p.Sent = &t.Making, t.ready // its time began before the connection was there
	default:
		made = &record.Making{} // the connection was made for a redirect, within the exchange
	}
	if p.Written == 0 || p.Written > p.FirstByte {
		p.Written = p.FirstByte // the answer came before the whole request was sent
	}
	s.out.Breakdown.Answered(p, made)
}
