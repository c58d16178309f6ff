package wire

import (
	"bytes"
	"strconv"

	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/scenarios"
)

// Expectation describes the answers that count as right. It is prepared once and
// read-only.
type Expectation struct {
	// Status is the expected status code; 0 accepts any from 200 to 399,
	// scenarios.AnyStatus every final one.
	Status int
	// Body is the expected body where Exact is true; else any body is right.
	Body  []byte
	Exact bool
	// NoBody is true for HEAD: the answer has no body, whatever its head says.
	NoBody bool
	// HTTP10 is true for a request in HTTP/1.0: the connection stays only where the
	// answer says so, and no coding may frame the body.
	HTTP10 bool
	// Codings are the content codings in which the body may come. Body is compared
	// with the inflated one. The empty set compares the body as it is sent.
	Codings codec.Codings
}

// Expect prepares the expectation of a request; for an echo it shares the
// request's body.
func (b *Bodies) Expect(r *scenarios.Request) Expectation {
	body, exact := r.AnswerBody()
	return Expectation{
		Status: r.Expect.Status, Body: b.plain(body), Exact: exact,
		NoBody: r.Method == "HEAD", HTTP10: r.Version == "1.0", Codings: codec.CodingsOf(r.Expect.Encodings),
	}
}

// StatusOK reports whether a final status counts as right.
func (e *Expectation) StatusOK(code int) bool {
	switch e.Status {
	case 0:
		return code >= 200 && code < 400
	case scenarios.AnyStatus:
		return code >= 200
	}
	return code == e.Status
}

// WantedStatus says in words which statuses count as right, for messages.
func (e *Expectation) WantedStatus() string {
	switch e.Status {
	case 0:
		return "200 to 399"
	case scenarios.AnyStatus:
		return "any final one"
	}
	return strconv.Itoa(e.Status)
}

// Check compares a body with the expected one as it arrives. The zero Check
// stands at the start.
type Check struct {
	seen int64
}

// Reset goes back to the start of a body.
func (c *Check) Reset() { c.seen = 0 }

// Body takes the next bytes of the body. It returns false at the first difference
// and at surplus bytes.
func (c *Check) Body(e *Expectation, span []byte) bool {
	from := c.seen
	c.seen += int64(len(span))
	return !e.Exact || c.seen <= int64(len(e.Body)) && bytes.Equal(e.Body[from:c.seen], span)
}

// Done reports, at the end of the answer, whether no bytes are missing.
func (c *Check) Done(e *Expectation) bool { return !e.Exact || c.seen == int64(len(e.Body)) }

// Seen returns the number of body bytes so far.
func (c *Check) Seen() int64 { return c.seen }
