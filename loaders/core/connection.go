package core

import (
	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/loaders/secure"
	"github.com/joust-bench/joust/loaders/source"
)

// connState is a stage in the life of a connection.
type connState uint8

const (
	// stateDown: no connection; the next attempt is at its deadline.
	stateDown connState = iota
	stateConnecting
	// stateLooking: a goroutine looks the target's name up.
	stateLooking
	// stateShaking: a goroutine has the connection for the TLS handshake.
	stateShaking
	// stateHeld: no connection; the next wave or phase makes one.
	stateHeld
	stateOpen
	// stateAsked: no connection; the next request makes one.
	stateAsked
)

// connection is one connection of a thread, which alone may touch it. It is replaced
// in its place when it ends.
type connection struct {
	id    int32
	state connState
	// writing is true while the loop reports when the connection takes bytes.
	writing bool
	// queued is true while the connection stands in the idle queue.
	queued bool
	// lives counts the connections that had this place before.
	lives int
	// io is nil while the connection is down. stamped is the same connection where
	// the system stamps its arrivals, else nil.
	io      backend.Conn
	stamped backend.Stamped
	// codec reads the answers.
	codec codec.Conn
	// secret is the connection's TLS, nil in plain text.
	secret *secure.Channel
	// execution is nil before the connection's first exchange of steps.
	execution *execution

	// issued counts the requests of this connection.
	issued int
	// idleSince is when the connection last became able to take a request.
	idleSince int64
	// ring holds the requests in flight.
	ring[flight]
	attempts
	buffers
}

// flight is one exchange in flight: the number, in the thread's table, of its request
// and its user.
type flight struct {
	record.Exchange
	request, user int32
	// row is its data row. rendered is true where its request has pieces, and the
	// connection its bytes.
	row      int32
	rendered bool
	// followed counts the redirects that the exchange has followed. unsent is true while
	// the request of the last one is not sent.
	followed int32
	unsent   bool
	// written is when the system had taken the whole request, 0 before that. It is for
	// the breakdown.
	written int64
}

// ready reports whether the connection takes a request, which it may be made for.
func (c *connection) ready() bool { return c.state >= stateOpen }

// quiet reports whether the server owes the connection no answer.
func (c *connection) quiet() bool { return c.count == 0 || c.oldest().unsent }

// attempts is the history of connecting in one place.
type attempts struct {
	// target is the number of the host to which the place belongs.
	target int32
	// began is the start of the attempt to connect, with the lookup of a name; dialled is
	// the start of the connect alone, shakeBegan of the handshake.
	began, dialled, shakeBegan int64
	// known is true once a connection was open, answered once this one has given
	// an answer, right or wrong.
	known, answered bool
	// ordered is true while the connection is made for the request in flight.
	ordered bool
	// repeating is true while the request in flight is asked for the second time.
	repeating bool
	// failures counts connections in a row that gave no answer. waits is the start
	// of the wait for the next attempt after a failure, 0 for none.
	failures int
	waits    int64
	// steps is nil where nobody asked for a breakdown.
	steps *steps
}

// buffers are the bytes that a connection keeps.
type buffers struct {
	// pending is the part of a write that the system did not take, owned by the
	// connection; tail the rest of a large body, shared by all.
	pending, tail []byte
	// carry is the part of a read that the codec must be shown again.
	carry []byte
	// own is the newest request with pieces that was begun on the connection, with its
	// values; nil before the first.
	own *codec.Request
	// cut is true where an answer ended the sending of its request: the connection ends
	// with that answer.
	cut bool
	// view holds the answer for the source, nil where the source needs none.
	view *source.View
}

// unsent reports whether bytes wait for the system to take them.
func (b *buffers) unsent() bool { return len(b.pending) > 0 }

// unwritten reports whether bytes of the newest request wait to be written.
func (b *buffers) unwritten() bool { return len(b.pending) > 0 || len(b.tail) > 0 }

// unwrittenBytes returns how many bytes of the newest request wait to be written.
func (b *buffers) unwrittenBytes() int64 { return int64(len(b.pending) + len(b.tail)) }
