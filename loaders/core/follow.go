package core

import (
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
)

// follow reports whether the connection's exchange, which has its place for itself, goes
// on after the answer with another request. proceed sends that, perhaps on another
// connection. Else follow may set the cause for which the exchange fails.
func (s *shard) follow(c *connection, a *codec.Answer) bool {
	f, v := c.oldest(), c.view
	v.Request, v.Status, v.Cause = f.request, a.Status, a.Cause
	next := s.chain.Continue(f.user, v)
	if next < 0 {
		if a.Cause = v.Cause; a.Cause == "" && c.cut && a.Status < refusing {
			a.Cause = results.CauseEarlyReply
		}
		return false
	}
	v.Head, v.Body = v.Head[:0], v.Body[:0]
	f.request, f.FirstByte, f.unsent, f.rendered = next, 0, true, false
	if s.values != nil {
		s.render(c, f)
	}
	f.followed++
	s.out.Counts.Followed++
	return true
}

// goOn continues the exchange of the connection where that waits for nothing.
func (s *shard) goOn(c *connection) {
	every := s.spec.Connection.ReconnectEvery
	switch {
	case !c.oldest().unsent:
		s.advanceExchange(c)
	case every > 0 && c.issued >= every:
		s.recycle(c)
	default:
		c.issued++
		s.sendOn(c, clock.Now())
	}
}

// sendOn sends the only request in flight, on a new connection or behind a redirect. The
// exchange keeps its times and its id. Its redirects share the timeout of its first
// request; a request that is repeated has one anew.
func (s *shard) sendOn(c *connection, now int64) {
	f := c.oldest()
	began := now
	if f.followed > 0 {
		began = f.Sent
	}
	f.unsent = false
	s.setDeadline(c, began+s.timeout(f.request))
	if s.ids != nil {
		s.ids.stamp(s.asked(c, f), f.Number)
	}
	if f.followed == 0 && s.programs != nil && s.programs[f.request] != nil {
		s.perform(c, f.request)
		return
	}
	s.write(c, f)
}

// failUnsent fails the exchange whose next request waits for a connection that could not
// be made.
func (s *shard) failUnsent(c *connection, now int64, cause results.Cause, detail string) {
	why := "connecting to follow a redirect: "
	if c.ordered {
		why = "connecting to send the request: "
	}
	for c.count > 0 {
		s.fail(c, now, failure{cause: cause, detail: why + detail})
	}
}

// describe says in words why the answer to the exchange is wrong.
func (s *shard) describe(c *connection, f *flight, cause results.Cause) string {
	if c.view != nil && c.view.Detail != "" {
		return s.groups[f.Group] + ": " + c.view.Detail
	}
	if cause == results.CauseEvents {
		return c.missingEvents(s.groups[f.Group])
	}
	return c.codec.Describe(f.request, cause)
}

// firstUnfollowed returns the first redirect of the load that was not followed, by the
// order of threads; nil for none.
func (s *session) firstUnfollowed() *results.Redirect {
	for _, thread := range s.shards {
		if r := thread.unfollowed(); r != nil {
			return r
		}
	}
	return nil
}

// unfollowed returns the thread's first redirect that was not followed, nil for none.
func (s *shard) unfollowed() *results.Redirect {
	if s.chain != nil {
		return s.chain.Unfollowed()
	}
	if r, ok := s.codec.(codec.Redirecting); ok {
		request, status, head := r.Redirect()
		return source.Unfollowed(s.spec, request, status, head)
	}
	return nil
}
