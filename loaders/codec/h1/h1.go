// Package h1 is the codec of HTTP/1.0 and 1.1: requests of package wire, and
// answers that are parsed and compared with the expected ones as they arrive.
package h1

import (
	"errors"
	"fmt"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/codec/h1/wire"
	"github.com/joust-bench/joust/results"
)

// protocol is what one load asks, compiled.
type protocol struct {
	names    []string
	requests []codec.Request
	answers  []wire.Expectation
	// bodies hold what requests and answers point to.
	bodies *wire.Bodies
}

// New compiles the requests of a load and the answers that count as right.
// Requests through a proxy without TLS have their targets in absolute form.
func New(spec *loaders.Spec) (codec.Protocol, error) {
	p := &protocol{bodies: wire.NewMappedBodies()}
	for i := range spec.Requests {
		asked := &spec.Requests[i]
		r, err := p.bodies.Compile(asked, spec.Target.Host)
		if err != nil {
			return nil, errors.Join(err, p.bodies.Close())
		}
		if spec.Proxy != nil && spec.TLS == nil {
			r = wire.Absolute(r, spec.Target.Host)
		}
		p.names = append(p.names, asked.Name)
		p.requests = append(p.requests, r)
		p.answers = append(p.answers, p.bodies.Expect(asked))
	}
	return p, nil
}

// Requests implements codec.Protocol.
func (p *protocol) Requests() []codec.Request { return p.requests }

// ALPN implements codec.Protocol.
func (p *protocol) ALPN() []string { return []string{"http/1.1"} }

// Close implements codec.Protocol.
func (p *protocol) Close() error { return p.bodies.Close() }

// Shard implements codec.Protocol: the thread remembers the last head of each
// request's answers.
func (p *protocol) Shard(heads bool) func() codec.Conn {
	memos := make([]wire.Memo, len(p.requests))
	return func() codec.Conn { return &conn{protocol: p, memos: memos, heads: heads} }
}

// conn reads the answers of one connection.
type conn struct {
	*protocol
	memos []wire.Memo
	heads bool

	parser wire.Parser
	check  wire.Check
	// fresh is true between answers, when the next byte begins a head; inBody
	// behind the head of the answer that counts.
	fresh, inBody bool
	// cause is set when the answer is already known to be wrong; it counts at
	// the answer's end.
	cause results.Cause
}

// Open implements codec.Conn.
func (c *conn) Open() {
	c.parser.Reset()
	c.fresh, c.inBody = true, false
}

// Next implements codec.Conn.
func (c *conn) Next(request int32, in []byte) (n int, found codec.Answer, err error) {
	if c.fresh {
		if !c.heads {
			if head, total, ok := c.memos[request].Match(in); ok {
				return total, c.recognised(request, in[head:total]), nil
			}
		}
		c.begin(request)
	}
	for {
		took, ev, err := c.parser.Next(in[n:])
		if err != nil {
			return n, found, err
		}
		switch ev {
		case wire.NeedMore:
			return n + took, found, nil
		case wire.Interim:
			if c.heads {
				found.Event, found.Status = codec.Interim, c.parser.Status
				return n + took, found, nil
			}
		case wire.Head:
			c.head(request, in[n:n+took])
			if c.heads {
				found.Event, found.Status = codec.Head, c.parser.Status
				return n + took, found, nil
			}
		case wire.Body:
			span := c.parser.Span(in[n:])
			found.Body += len(span)
			c.body(request, span)
		case wire.End:
			return n + took, c.end(request, found), nil
		}
		n += took
	}
}

// recognised takes the body of an answer whose head is the remembered one and
// which came whole.
func (c *conn) recognised(request int32, body []byte) codec.Answer {
	a := &c.answers[request]
	found := codec.Answer{Event: codec.End, Keep: true, Status: c.memos[request].Status(), Body: len(body)}
	c.check.Reset()
	if !c.check.Body(a, body) {
		found.Cause = c.bodyCause(a)
	} else if !c.check.Done(a) {
		found.Cause = results.CauseLength
	}
	return found
}

// begin makes the parser ready for the answer to the request.
func (c *conn) begin(request int32) {
	c.fresh, c.inBody, c.cause = false, false, ""
	c.parser.Expect(c.answers[request].NoBody)
	c.check.Reset()
}

// head judges the status of a final head, and remembers the head of a right
// one.
func (c *conn) head(request int32, head []byte) {
	c.inBody = true
	if !c.answers[request].StatusOK(c.parser.Status) {
		c.cause = results.CauseStatus
		return
	}
	c.memos[request].Learn(head, &c.parser)
}

// body compares the next bytes of the body with the expected ones.
func (c *conn) body(request int32, span []byte) {
	if a := &c.answers[request]; c.cause == "" && !c.check.Body(a, span) {
		c.cause = c.bodyCause(a)
	}
}

// end completes the answer.
func (c *conn) end(request int32, found codec.Answer) codec.Answer {
	c.fresh = true
	if c.cause == "" && !c.check.Done(&c.answers[request]) {
		c.cause = results.CauseLength
	}
	found.Event, found.Status, found.Cause, found.Keep = codec.End, c.parser.Status, c.cause, c.parser.KeepAlive
	return found
}

// bodyCause tells a body that is too long from one that is wrong.
func (c *conn) bodyCause(a *wire.Expectation) results.Cause {
	if c.check.Seen() > int64(len(a.Body)) {
		return results.CauseLength
	}
	return results.CauseBody
}

// errIdle is the end of a stream on which no byte of the answer came.
var errIdle = errors.New("the server closed the connection without an answer")

// End implements codec.Conn. A body that runs until the close ends with it.
func (c *conn) End(request int32) (codec.Answer, error) {
	_, err := c.parser.EOF()
	switch {
	case err == nil:
		return c.end(request, codec.Answer{}), nil
	case errors.Is(err, wire.ErrIdle):
		return codec.Answer{Cause: results.CauseClosed}, errIdle
	case c.inBody:
		return codec.Answer{Cause: results.CauseLength}, err
	}
	return codec.Answer{Cause: results.CauseClosed}, err
}

// Describe implements codec.Conn.
func (c *conn) Describe(request int32, cause results.Cause) string {
	a, name := &c.answers[request], c.names[request]
	switch cause {
	case results.CauseStatus:
		return fmt.Sprintf("%s: status %d where %s counts as right", name, c.parser.Status, a.WantedStatus())
	case results.CauseLength:
		return fmt.Sprintf("%s: a body of %d bytes where %d count as right", name, c.check.Seen(), len(a.Body))
	case results.CauseBody:
		return fmt.Sprintf("%s: a body that differs from the %d bytes that count as right", name, len(a.Body))
	}
	return fmt.Sprintf("%s: %s", name, cause)
}
