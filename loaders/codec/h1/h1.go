// Package h1 is the codec of HTTP/1.0 and 1.1: requests of package wire, and
// answers that are parsed and compared with the expected ones as they arrive.
package h1

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/codec/checks"
	"github.com/joust-bench/joust/loaders/codec/h1/wire"
	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// protocol holds the compiled requests of one load.
type protocol struct {
	// hosts are the Host fields of the targets by number.
	hosts []string
	// absolute is true where targets are in absolute form, for a proxy. hop are the
	// header fields for that proxy.
	absolute bool
	hop      []scenarios.Header
	// idField names the field of request ids, empty for none.
	idField string
	pairs   []pair
	// requests are by number, memories is how many learnt a thread needs for them.
	requests []codec.Request
	memories int32
	// columns and counters are those of requests with pieces.
	columns  []string
	counters *pieces.Counters
	// bodies hold the bytes of requests and answers.
	bodies *wire.Bodies
	// model is the first request of the load, whose right answers are those of requests
	// that come as bytes.
	model *scenarios.Request
	// now is the clock that bounds the time for inflating.
	now func() time.Time
}

// pair is one request with the answer that counts as right. Threads share it.
type pair struct {
	name string
	// ends is as in codec.Request.
	ends bool
	// memory is the number of the thread's learnt for the request.
	memory int32
	answer *wire.Expectation
	// checks are further conditions of the answer, nil for none.
	checks *checks.Set
}

// New compiles the requests of a load and the answers that count as right.
// Requests through a proxy without TLS have their targets in absolute form, and the
// proxy's headers.
func New(spec *loaders.Spec) (codec.Protocol, error) { return newProtocol(spec, time.Now) }

func newProtocol(spec *loaders.Spec, now func() time.Time) (codec.Protocol, error) {
	if err := pieces.Check(spec); err != nil {
		return nil, err
	}
	p := &protocol{idField: spec.RequestID, bodies: wire.NewMappedBodies(), now: now}
	for _, t := range spec.Targets() {
		p.hosts = append(p.hosts, t.Host)
	}
	p.columns, p.counters = pieces.ColumnsOf(spec), pieces.NewCounters(spec.Place)
	if spec.Proxy != nil && spec.TLS == nil {
		p.absolute, p.hop = true, spec.Proxy.Headers
	}
	if len(spec.Requests) > 0 {
		p.model = &spec.Requests[0]
	}
	n := spec.CountRequests()
	p.pairs, p.requests = make([]pair, n), make([]codec.Request, n)
	var all answers
	for i, r := range spec.EachRequest() {
		var err error
		if p.requests[i], err = p.compile(r, p.bodies); err != nil {
			return nil, errors.Join(err, p.bodies.Close())
		}
		right, err := all.of(r, p.bodies)
		if err != nil {
			return nil, errors.Join(err, p.bodies.Close())
		}
		p.pairs[i] = pairOf(r, &p.requests[i], right, int32(i))
		if n > fewRequests {
			p.pairs[i].memory = right.number
		}
		p.memories = max(p.memories, p.pairs[i].memory+1)
	}
	return p, nil
}

func pairOf(r *scenarios.Request, built *codec.Request, right *answer, memory int32) pair {
	return pair{name: r.Name, ends: built.Ends, answer: &right.Expectation, checks: right.checks.Again(), memory: memory}
}

// compile makes the bytes of a request, with those of its body in bodies.
func (p *protocol) compile(r *scenarios.Request, bodies *wire.Bodies) (codec.Request, error) {
	if !r.Pieces && p.idField == "" && !p.absolute {
		return bodies.Compile(r, p.hosts[r.Target])
	}
	const noID = "00000000-0000-8000-8000-000000000000"
	asked := *r
	asked.Headers = slices.Concat(r.Headers, p.hop)
	if p.idField != "" {
		asked.Headers = append(asked.Headers, scenarios.Header{Name: p.idField, Value: noID})
	}
	host := p.hosts[r.Target]
	var marked *pieces.Marked
	if r.Pieces {
		var err error
		if marked, err = pieces.Mark(&asked, p.columns, host); err != nil {
			return codec.Request{}, err
		}
		asked = marked.Request
	}
	built, err := bodies.Compile(&asked, host)
	if err != nil {
		return built, err
	}
	if p.absolute {
		built = wire.Absolute(built, host)
	}
	if p.idField != "" {
		// The field is the last of the given ones.
		built.IDAt = bytes.LastIndex(built.Head[:built.HeadBytes], []byte(noID))
	}
	if marked != nil {
		whole := pieces.Request{Bytes: slices.Concat(built.Head, built.Body), HeadBytes: built.HeadBytes, BodyBytes: built.BodyBytes, IDAt: built.IDAt}
		if built.Template, err = marked.Cut(whole, p.counters); err != nil {
			return built, fmt.Errorf("compile request %q: %w", r.Name, err)
		}
	}
	return built, nil
}

// Requests implements codec.Protocol.
func (p *protocol) Requests() []codec.Request { return p.requests }

// ALPN implements codec.Protocol.
func (p *protocol) ALPN() []string { return []string{"http/1.1"} }

// Close implements codec.Protocol.
func (p *protocol) Close() error { return p.bodies.Close() }

// Shard implements codec.Protocol.
func (p *protocol) Shard() codec.Shard {
	return &shard{protocol: p, pairs: p.pairs, learnt: make([]learnt, p.memories), inflater: inflater{now: p.now}}
}

// shard holds the requests of one thread, by number.
type shard struct {
	protocol *protocol
	// pairs are those of all threads until own is true.
	pairs    []pair
	own      bool
	learnt   []learnt
	inflater inflater
	redirect redirect
	// quoted are the requests that come as bytes, by their kind: each has the right answer
	// and the memory of all of its kind. Empty before the first.
	quoted [4]pair
}

// redirect is an answer that redirects, as codec.Redirecting has it.
type redirect struct {
	request int32
	status  int
	head    []byte
}

var _ codec.Redirecting = (*shard)(nil)

// Redirect implements codec.Redirecting.
func (s *shard) Redirect() (request int32, status int, head []byte) {
	return s.redirect.request, s.redirect.status, s.redirect.head
}

// Conn implements codec.Shard.
func (s *shard) Conn(needs codec.Needs) codec.Conn {
	return &answerReader{shard: s, needs: needs, skips: !needs.Heads && !needs.Bodies}
}

// Put implements codec.Shard.
func (s *shard) Put(number int32, r *scenarios.Request) (codec.Request, error) {
	bodies := wire.NewBodies()
	built, err := s.protocol.compile(r, bodies)
	if err != nil {
		return built, err
	}
	s.room(number)
	right, err := new(answers).of(r, bodies)
	if err != nil {
		return built, err
	}
	s.pairs[number] = pairOf(r, &built, right, s.memoryOf(number))
	return built, nil
}

// memoryOf returns the number of an empty learnt for the request that is put at the number.
func (s *shard) memoryOf(number int32) int32 {
	if at := s.pairs[number].memory; at >= s.protocol.memories { // that of a request that was put there
		s.learnt[at] = learnt{}
		return at
	}
	s.learnt = append(s.learnt, learnt{})
	return int32(len(s.learnt) - 1)
}

// answerReader reads the answers of one connection.
type answerReader struct {
	*shard
	needs codec.Needs
	// skips is true where the engine needs nothing but the end of most answers, so
	// that one with a remembered head is not parsed.
	skips bool

	parser wire.Parser
	check  wire.Check
	// fresh is true between answers, inBody behind the head of the final answer.
	fresh, inBody bool
	// cause is why the answer is wrong, as far as it is known before the answer's end,
	// and fault describes a wrong coding or a condition that is not met.
	cause results.Cause
	fault string
	// packed is the compressed body so far, plain any other one where conditions look
	// into it.
	packed, plain []byte
}

// Open implements codec.Conn.
func (c *answerReader) Open() {
	c.parser.Reset()
	c.fresh, c.inBody = true, false
}

// Next implements codec.Conn.
func (c *answerReader) Next(request int32, in []byte, found *codec.Answer) (n int, err error) {
	if c.fresh {
		if c.skips {
			p := &c.pairs[request]
			l := &c.learnt[p.memory]
			if head, total, ok := l.memo.Match(in); ok {
				c.recognised(p, l, in[head:total], found)
				return total, nil
			}
		}
		c.begin(request)
	}
	*found = codec.Answer{}
	for {
		took, ev, err := c.parser.Next(in[n:])
		if err != nil {
			return n, err
		}
		switch ev {
		case wire.NeedMore:
			if c.inBody {
				found.Status = c.parser.Status
			}
			return n + took, nil
		case wire.Interim:
			if c.needs.Heads {
				found.Event, found.Status = codec.Interim, c.parser.Status
				return n + took, nil
			}
		case wire.Head:
			c.head(request, in[n:n+took])
			if c.needs.Heads || c.needs.Cookies && setsCookie(in[n:n+took]) {
				found.Event, found.Status = codec.Head, c.parser.Status
				return n + took, nil
			}
		case wire.Body:
			span := c.parser.Span(in[n:])
			found.Body += len(span)
			c.body(request, span)
			if c.needs.Bodies {
				found.Event = codec.Body
				return n + took, nil
			}
		case wire.End:
			c.end(request, found)
			return n + took, nil
		}
		n += took
	}
}

// recognised judges a whole answer whose head is the remembered one.
func (c *answerReader) recognised(p *pair, l *learnt, body []byte, found *codec.Answer) {
	*found = codec.Answer{Event: codec.End, Keep: !p.ends, Status: l.memo.Status(), Body: len(body)}
	c.check.Reset()
	if p.answer.Codings != 0 {
		found.Coding = l.memo.Coding()
		if compressed(found.Coding) {
			found.Cause = c.unpack(p, found, body)
			return
		}
	}
	if !c.check.Body(p.answer, body) {
		found.Cause = c.bodyCause(p.answer)
	} else if !c.check.Done(p.answer) {
		found.Cause = results.CauseLength
	} else if p.checks != nil {
		found.Cause = c.meets(p, l.memo.Coding(), body)
	}
}

// begin makes the parser ready for the answer to the request.
func (c *answerReader) begin(request int32) {
	c.fresh, c.inBody, c.cause = false, false, ""
	a := c.pairs[request].answer
	c.parser.Expect(a.NoBody, a.HTTP10)
	c.check.Reset()
	c.packed, c.plain = c.packed[:0], c.plain[:0]
}

// head judges the status of a final head, and remembers the head of a right answer.
func (c *answerReader) head(request int32, head []byte) {
	c.inBody = true
	if c.redirect.head == nil && results.Redirects(c.parser.Status) {
		c.redirect = redirect{request, c.parser.Status, bytes.Clone(head)}
	}
	e := &c.pairs[request]
	if !e.answer.StatusOK(c.parser.Status) {
		c.cause = results.CauseStatus
		return
	}
	if wanted := e.answer.Codings; wanted != 0 && !wanted.Has(c.parser.Coding) {
		c.refuse(fmt.Sprintf("the content coding %s, where %s counts as right", c.parser.Coding, wanted))
		return
	}
	if e.checks != nil && c.failed(e.checks.Head(head)) {
		return
	}
	if !c.needs.Cookies || !setsCookie(head) { // a remembered head is not shown again
		c.learnt[e.memory].memo.Learn(head, &c.parser)
	}
}

// body compares the next bytes of the body with the expected ones.
func (c *answerReader) body(request int32, span []byte) {
	p := &c.pairs[request]
	a := p.answer
	switch {
	case c.cause != "":
	case a.Codings != 0 && compressed(c.parser.Coding):
		c.collect(span)
	case !c.check.Body(a, span):
		c.cause = c.bodyCause(a)
	case p.checks.NeedsBody():
		c.keep(p, span)
	}
}

// end completes the answer.
func (c *answerReader) end(request int32, found *codec.Answer) {
	c.fresh = true
	p := &c.pairs[request]
	if p.answer.Codings != 0 {
		found.Coding = c.parser.Coding
	}
	switch {
	case c.cause != "":
	case compressed(found.Coding):
		c.cause = c.unpack(p, found, c.packed)
	case !c.check.Done(p.answer):
		c.cause = results.CauseLength
	case p.checks != nil:
		c.cause = c.meets(p, c.parser.Coding, c.plain)
	}
	found.Event, found.Status, found.Cause = codec.End, c.parser.Status, c.cause
	found.Keep = c.parser.KeepAlive && !p.ends
	found.Unprocessed = c.cause == results.CauseStatus && c.parser.Status == requestTimeout
}

// requestTimeout is the status with which a server closes a connection on which it has
// waited too long for a complete request (RFC 9110 §15.5.9).
const requestTimeout = 408

// Notice implements codec.Conn: servers close idle connections with a 408.
func (c *answerReader) Notice(in []byte) bool {
	var p wire.Parser
	_, _, err := p.Next(in)
	return err == nil && p.Status == requestTimeout
}

// bodyCause returns the cause of a wrong body, which may be its length.
func (c *answerReader) bodyCause(a *wire.Expectation) results.Cause {
	if c.check.Seen() > int64(len(a.Body)) {
		return results.CauseLength
	}
	return results.CauseBody
}

// errIdle is the end of a stream before the first byte of the answer.
var errIdle = errors.New("the server closed the connection without an answer")

// End implements codec.Conn. A body that runs until the close ends with it.
func (c *answerReader) End(request int32) (a codec.Answer, err error) {
	_, err = c.parser.EOF()
	switch {
	case err == nil:
		c.end(request, &a)
		return a, nil
	case errors.Is(err, wire.ErrIdle):
		return codec.Answer{Cause: results.CauseClosed}, errIdle
	case c.inBody:
		return codec.Answer{Cause: results.CauseLength}, err
	}
	return codec.Answer{Cause: results.CauseClosed}, err
}

// Leave implements codec.Conn.
func (c *answerReader) Leave(a *codec.Answer) {
	*a = codec.Answer{Event: codec.End, Status: c.parser.Status, Cause: c.cause}
}

// Describe implements codec.Conn.
func (c *answerReader) Describe(request int32, cause results.Cause) string {
	e := &c.pairs[request]
	a, name := e.answer, e.name
	switch cause {
	case results.CauseStatus:
		return fmt.Sprintf("%s: status %d where %s counts as right", name, c.parser.Status, a.WantedStatus())
	case results.CauseHeader, results.CauseJSON, results.CausePattern:
		return fmt.Sprintf("%s: %s", name, c.fault)
	case results.CauseLength:
		if !a.Exact {
			return fmt.Sprintf("%s: %s", name, c.fault)
		}
		return fmt.Sprintf("%s: a body of %d bytes where %d count as right", name, c.check.Seen(), len(a.Body))
	case results.CauseEncoding:
		return fmt.Sprintf("%s: %s", name, c.fault)
	case results.CauseBody:
		return fmt.Sprintf("%s: a body that differs from the %d bytes that count as right", name, len(a.Body))
	}
	return fmt.Sprintf("%s: %s", name, cause)
}
