// Package h1 is the codec of HTTP/1.0 and 1.1: requests of package wire, and
// answers that are parsed and compared with the expected ones as they arrive.
package h1

import (
	"errors"
	"fmt"
	"slices"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/codec/h1/wire"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// protocol holds the compiled requests of one load.
type protocol struct {
	host string
	// absolute is true where targets are in absolute form.
	absolute bool
	entries  []entry
	// bodies hold the bytes of requests and answers.
	bodies *wire.Bodies
}

// entry is one request with the answer that counts as right, and the head of its
// last answer.
type entry struct {
	name    string
	request codec.Request
	answer  wire.Expectation
	memo    wire.Memo
}

// New compiles the requests of a load and the answers that count as right.
// Requests through a proxy without TLS have their targets in absolute form.
func New(spec *loaders.Spec) (codec.Protocol, error) {
	p := &protocol{host: spec.Target.Host, absolute: spec.Proxy != nil && spec.TLS == nil, bodies: wire.NewMappedBodies()}
	for i := range spec.Requests {
		e, err := p.compile(&spec.Requests[i], p.bodies)
		if err != nil {
			return nil, errors.Join(err, p.bodies.Close())
		}
		p.entries = append(p.entries, e)
	}
	return p, nil
}

// compile makes the entry of a request, with its bytes in bodies.
func (p *protocol) compile(r *scenarios.Request, bodies *wire.Bodies) (entry, error) {
	built, err := bodies.Compile(r, p.host)
	if err != nil {
		return entry{}, err
	}
	if p.absolute {
		built = wire.Absolute(built, p.host)
	}
	return entry{name: r.Name, request: built, answer: bodies.Expect(r)}, nil
}

// Requests implements codec.Protocol.
func (p *protocol) Requests() []codec.Request {
	list := make([]codec.Request, len(p.entries))
	for i := range list {
		list[i] = p.entries[i].request
	}
	return list
}

// ALPN implements codec.Protocol.
func (p *protocol) ALPN() []string { return []string{"http/1.1"} }

// Close implements codec.Protocol.
func (p *protocol) Close() error { return p.bodies.Close() }

// Shard implements codec.Protocol.
func (p *protocol) Shard() codec.Shard {
	return &shard{protocol: p, entries: slices.Clone(p.entries)}
}

// shard holds the requests of one thread, by number.
type shard struct {
	protocol *protocol
	entries  []entry
}

// Conn implements codec.Shard.
func (s *shard) Conn(needs codec.Needs) codec.Conn {
	return &reader{shard: s, needs: needs, skips: needs == codec.Needs{}}
}

// Put implements codec.Shard.
func (s *shard) Put(number int32, r *scenarios.Request) (codec.Request, error) {
	e, err := s.protocol.compile(r, wire.NewBodies())
	switch {
	case err != nil:
		return codec.Request{}, err
	case int(number) == len(s.entries):
		s.entries = append(s.entries, e)
	default:
		s.entries[number] = e
	}
	return e.request, nil
}

// reader reads the answers of one connection.
type reader struct {
	*shard
	needs codec.Needs
	// skips is true where the engine needs nothing but the end of each answer, so
	// that one with a remembered head is not parsed.
	skips bool

	parser wire.Parser
	check  wire.Check
	// fresh is true between answers, inBody behind the head of the final answer.
	fresh, inBody bool
	// cause is why the answer is wrong, as far as it is known before the answer's end.
	cause results.Cause
}

// Open implements codec.Conn.
func (c *reader) Open() {
	c.parser.Reset()
	c.fresh, c.inBody = true, false
}

// Next implements codec.Conn.
func (c *reader) Next(request int32, in []byte) (n int, found codec.Answer, err error) {
	if c.fresh {
		if c.skips {
			if head, total, ok := c.entries[request].memo.Match(in); ok {
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
			if c.needs.Heads {
				found.Event, found.Status = codec.Interim, c.parser.Status
				return n + took, found, nil
			}
		case wire.Head:
			c.head(request, in[n:n+took])
			if c.needs.Heads {
				found.Event, found.Status = codec.Head, c.parser.Status
				return n + took, found, nil
			}
		case wire.Body:
			span := c.parser.Span(in[n:])
			found.Body += len(span)
			c.body(request, span)
			if c.needs.Bodies {
				found.Event = codec.Body
				return n + took, found, nil
			}
		case wire.End:
			return n + took, c.end(request, found), nil
		}
		n += took
	}
}

// recognised judges a whole answer whose head is the remembered one.
func (c *reader) recognised(request int32, body []byte) codec.Answer {
	e := &c.entries[request]
	a := &e.answer
	found := codec.Answer{Event: codec.End, Keep: true, Status: e.memo.Status(), Body: len(body)}
	c.check.Reset()
	if !c.check.Body(a, body) {
		found.Cause = c.bodyCause(a)
	} else if !c.check.Done(a) {
		found.Cause = results.CauseLength
	}
	return found
}

// begin makes the parser ready for the answer to the request.
func (c *reader) begin(request int32) {
	c.fresh, c.inBody, c.cause = false, false, ""
	c.parser.Expect(c.entries[request].answer.NoBody)
	c.check.Reset()
}

// head judges the status of a final head, and remembers the head of a right answer.
func (c *reader) head(request int32, head []byte) {
	c.inBody = true
	e := &c.entries[request]
	if !e.answer.StatusOK(c.parser.Status) {
		c.cause = results.CauseStatus
		return
	}
	e.memo.Learn(head, &c.parser)
}

// body compares the next bytes of the body with the expected ones.
func (c *reader) body(request int32, span []byte) {
	if a := &c.entries[request].answer; c.cause == "" && !c.check.Body(a, span) {
		c.cause = c.bodyCause(a)
	}
}

// end completes the answer.
func (c *reader) end(request int32, found codec.Answer) codec.Answer {
	c.fresh = true
	if c.cause == "" && !c.check.Done(&c.entries[request].answer) {
		c.cause = results.CauseLength
	}
	found.Event, found.Status, found.Cause, found.Keep = codec.End, c.parser.Status, c.cause, c.parser.KeepAlive
	return found
}

// bodyCause returns the cause of a wrong body, which may be its length.
func (c *reader) bodyCause(a *wire.Expectation) results.Cause {
	if c.check.Seen() > int64(len(a.Body)) {
		return results.CauseLength
	}
	return results.CauseBody
}

// errIdle is the end of a stream before the first byte of the answer.
var errIdle = errors.New("the server closed the connection without an answer")

// End implements codec.Conn. A body that runs until the close ends with it.
func (c *reader) End(request int32) (codec.Answer, error) {
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
func (c *reader) Describe(request int32, cause results.Cause) string {
	e := &c.entries[request]
	a, name := &e.answer, e.name
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
