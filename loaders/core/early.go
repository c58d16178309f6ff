package core

import (
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/results"
)

// refusing is the least status of an answer that refuses the rest of its request.
const refusing = 400

// early reads the answer to the only request in flight, which is not written whole. An
// interim answer lets the request go on, a refusal and a redirect that is followed end it,
// and any other final answer is wrong: the server cannot have used the request. early
// returns the rest of the data, which the codec must be shown again.
func (s *shard) early(c *connection, f *flight, data []byte, now int64) []byte {
	n, err := s.decode(c, f, data)
	a := &s.answer
	switch {
	case err != nil:
		s.malformed(c, now, a.Status, err)
		return nil
	case a.Status == 0:
		f.FirstByte = 0
		return data[n:]
	case a.Unprocessed && s.repeat(c, &s.out.Counts.IdleTimeouts):
		return nil
	case a.Status < refusing && !(s.spec.Follow && a.Status >= redirecting):
		s.earlyReply(c, now)
		return nil
	}
	s.refused(c)
	if a.Event != codec.End {
		return data[n:]
	}
	s.complete(c, now, a)
	s.recycle(c)
	return nil
}

// refused ends the sending of the request in flight, whose final answer came first. The
// connection can take no other request behind a part of one: it ends with the answer.
func (s *shard) refused(c *connection) {
	c.cut = true
	c.pending, c.tail = nil, nil
	if p := c.execution; p != nil && (p.program == nil || !p.program.abandons) {
		p.rest = nil
	}
	s.out.Counts.EarlyAnswers++
}

// depart replaces a connection that ends with its last answer. asked is true where the
// request asked for that.
func (s *shard) depart(c *connection, asked bool, now int64) {
	if c.cut {
		s.recycle(c)
		return
	}
	s.retire(c, asked, now)
}

// earlyReply fails the only request in flight, whose answer came before its body was
// written.
func (s *shard) earlyReply(c *connection, now int64) {
	s.fail(c, now, failure{cause: results.CauseEarlyReply, detail: "the answer began before the request's body was written"})
	s.restart(c)
}

// writeBroken ends a connection that takes no more bytes. An answer that lies there came
// before its request was written, and may be the reason.
func (s *shard) writeBroken(c *connection, err error) {
	lives := c.lives
	if len(c.slots) == 1 && c.count == 1 {
		if n, now := s.leftover(c); n > 0 {
			s.take(c, s.buf[:n], now)
		}
	}
	if c.lives == lives {
		s.broken(c, err)
	}
}
