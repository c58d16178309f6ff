// Package codec is the seam between the load engine and a protocol. A codec turns
// each request into bytes once, and the bytes of a connection into answers. It holds
// no socket and no counter, and reads no clock but to bound its own work: the engine has
// these, and knows no protocol. A new protocol is a package that implements Protocol.
package codec

import (
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Request holds the bytes of one request. They are built once and written many
// times. It is read-only, and threads may share it.
type Request struct {
	// Head is written first. It includes a small body, which one write then sends too.
	Head []byte
	// Body is a larger body as it is sent, with its framing, else nil. Equal bodies
	// may share it.
	Body []byte
	// BodyBytes is the size of the body in bytes, without framing.
	BodyBytes int64
	// HeadBytes is the length of Head in bytes, without a body.
	HeadBytes int
	// IDAt is the place in Head of a request id, loaders.RequestIDBytes long, which the
	// engine writes in a head of its own; 0 for none.
	IDAt int
	// Ends is true where the request says that its connection ends with its answer.
	// Nothing may be asked behind it on that connection.
	Ends bool
	// Template makes the bytes of a request with pieces anew each time, nil for all others.
	// The other fields then describe it with marks in the place of values.
	Template *pieces.Template
}

// Render makes r the other request, which has pieces, with new values and those of the
// data row. It uses the memory of r.Head.
func (r *Request) Render(other *Request, v *pieces.Values, row int32) {
	made := other.Template.Render(r.Head[:0], v, row)
	*r = *other
	r.Head, r.Body, r.HeadBytes, r.BodyBytes, r.IDAt = made.Bytes, nil, made.HeadBytes, made.BodyBytes, made.IDAt
}

// Size returns the number of bytes that one request takes.
func (r *Request) Size() int64 { return int64(len(r.Head)) + int64(len(r.Body)) }

// New makes the protocol of one load. It returns an error for a request that
// the protocol cannot express.
type New func(*loaders.Spec) (Protocol, error)

// Protocol holds the requests of one load. It does not change after New.
type Protocol interface {
	// Requests returns the requests of the Spec, by number. All threads share the list.
	Requests() []Request
	// ALPN lists the names of the protocol that a TLS handshake offers, the
	// preferred one first (RFC 7301).
	ALPN() []string
	// Shard returns the part of one thread.
	Shard() Shard
	// Close frees the memory of requests and answers, which must not be read again.
	Close() error
}

// Shard is the part of one thread, which alone may use it. Its codecs may share
// all that the thread has learnt.
type Shard interface {
	// Conn returns the codec of a new connection.
	Conn(needs Needs) Conn
	// Put compiles a request and gives it the number: the next one, or that of a
	// request that is not in flight, whose place it takes. The bytes are the
	// thread's own. It returns an error for a request that the protocol cannot
	// express.
	Put(number int32, r *scenarios.Request) (Request, error)
}

// Verbatim is a request whose bytes are given, and go out as they are.
type Verbatim struct {
	// Text is the whole request: HeadBytes of head, and a body of BodyBytes without its
	// framing.
	Text      string
	HeadBytes int
	BodyBytes int64
	// NoBody is true for a request whose answer has no body, whatever its head says.
	NoBody bool
	// HTTP10 is true for HTTP/1.0. Ends is as in Request.
	HTTP10, Ends bool
}

// Quoting is a Shard that takes requests as bytes.
type Quoting interface {
	Shard
	// Quote gives a request the number, as Put does. Its right answers are those of the
	// first request of the Spec. The bytes go into the memory of the given slice where
	// they have room there. It returns an error where the right answers cannot be told
	// from the Spec.
	Quote(number int32, v *Verbatim, into []byte) (Request, error)
}

// Redirecting is a Shard that remembers the first answer that redirects.
type Redirecting interface {
	Shard
	// Redirect returns the number of the request, and the status and the head of its
	// answer, of the first answer that results.Redirects; a nil head for none.
	Redirect() (request int32, status int, head []byte)
}

// Needs says which events the engine acts on besides End. The codec may leave out
// all others, which is faster.
type Needs struct {
	// Heads asks for each Interim and each Head. The bytes of a head are those that
	// its event takes.
	Heads bool
	// Cookies asks for each Head that sets a cookie.
	Cookies bool
	// Bodies asks for an event for each piece of a body. The bytes of the piece are
	// the last that its event takes.
	Bodies bool
}

// Conn reads the answers of one connection, wherever its bytes are cut. It
// belongs to one thread, and allocates nothing for an answer that is right.
type Conn interface {
	// Open makes the codec ready for a new connection.
	Open()
	// Next takes n bytes off the front of in and sets a to the next event of the
	// answer to the oldest request in flight, by its number. Bytes that it does not
	// take must be shown again with more behind them. An event may take no bytes: call
	// Next on the rest, even an empty one, until it finds NeedMore, End or an error.
	// After an error the connection is of no more use.
	Next(request int32, in []byte, a *Answer) (n int, err error)
	// Notice reads bytes that came with no request in flight. It reports whether they
	// begin with the server's notice that it closes the idle connection.
	Notice(in []byte) bool
	// End ends the answer to the request of that number with the server's stream. It
	// returns the answer where that makes it complete, else an error, and the failure
	// in Answer.Cause.
	End(request int32) (Answer, error)
	// Leave ends the answer in flight, whose head has come, where it is: the engine has seen
	// enough and closes the connection. It sets a to the answer, right unless a byte so
	// far is wrong.
	Leave(a *Answer)
	// Describe says in words why the last answer, to the request of that number, is
	// wrong.
	Describe(request int32, cause results.Cause) string
}

// Event is a kind of event in a stream of answers.
type Event uint8

// The events of one answer: any number of Interim, Head, any number of Body, End.
const (
	// NeedMore: the codec waits for more bytes.
	NeedMore Event = iota
	// Interim: an answer that announces another one.
	Interim
	// Head: the status of the final answer.
	Head
	// Body: bytes of the body.
	Body
	// End: the answer is complete.
	End
)

// Answer is the outcome of one call of Next.
type Answer struct {
	Event Event
	// Keep is true, with End, where the connection may be used again: neither the
	// request nor the answer ends it.
	Keep bool
	// Unprocessed is true, with End and a Cause, where the server says that it has not
	// read the request. The same request may be asked again on another connection.
	Unprocessed bool
	// Status is the status code of an Interim, a Head or an End; with NeedMore that of
	// the final answer where its head was read, else 0.
	Status int
	// Body is how many bytes of the body, without framing, this call took.
	Body int
	// Coding is, with End, the content coding of the body.
	Coding Coding
	// Unread is true, with End, where the body came compressed and was not inflated, to
	// bound the time for that: the answer may be wrong.
	Unread bool
	// Cause is, with End, why the answer is wrong; empty for a right one.
	Cause results.Cause
}
