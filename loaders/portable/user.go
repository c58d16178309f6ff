package portable

import (
	"net"
	"syscall"

	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/loaders/wire"
	"github.com/joust-bench/joust/results"
)

// flight is one request that was given to a connection and not answered.
type flight struct {
	record.Exchange
	// idleSince is when the connection had become able to take it.
	idleSince int64
	// begun is true from just before its first byte is written.
	begun bool
	// cause is set when the answer is already known to be wrong; it counts at
	// the answer's end.
	cause results.Cause
}

// user is one of the load's connections, whichever link carries it. It belongs
// to its shard.
type user struct {
	id int
	// link is nil while the user is not connected.
	link       *link
	connecting bool
	// known is true from the first time that the user was connected.
	known bool
	// queued is true while the user stands in the idle queue.
	queued bool
	// deadline is when the state has lasted too long: the oldest request's
	// timeout, or the time of the next attempt to connect.
	deadline int64

	// flights are the requests in flight, oldest first.
	flights []flight
	// issued counts the requests of this link.
	issued int
	// idleSince is when the user last became able to take a request.
	idleSince int64
	// failures counts connections in a row that gave no answer; waits is since
	// when the user waits to be connected again for their sake, 0 when it does
	// not.
	failures int
	waits    int64

	parser wire.Parser
	check  wire.Check
	// fresh is true between answers, when the next byte begins a head; inBody
	// behind the head of the one that counts.
	fresh, inBody bool
	// carry keeps an incomplete head.
	carry []byte
}

// link is one connection. Its reader reads it and its writer writes to it
// without holding the shard; all fields belong to the shard.
type link struct {
	conn net.Conn
	// raw is the connection's descriptor, nil where it has none.
	raw syscall.RawConn
	// answered is true from the first answer on this connection, right or
	// wrong.
	answered bool
	// jobs are for the writer; never more than are in flight.
	jobs chan job
	// unwritten counts the requests that the kernel has not taken whole.
	unwritten int
	// lastBegun is true from before the last write of the oldest unwritten
	// request.
	lastBegun bool
	// writeErr is why the writer gave up; the reader says what it means.
	writeErr error
	// ended is true when the reader has met the end of the server's stream while
	// a request was being written.
	ended bool
	// flushed has a token when the writer has ended a job, or given up.
	flushed chan struct{}
}

// job is what a writer writes at once: one request, or several in a pipeline.
type job struct {
	head, body []byte
	requests   int
	// headBody is the size of the bodies within head, bodyBytes that of body
	// with its framing taken off.
	headBody, bodyBytes uint64
	// bodyLen is the length of the whole body, done what was written of it.
	bodyLen, done uint64
	writes        int
}
