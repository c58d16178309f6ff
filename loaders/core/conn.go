package core

import (
	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/loaders/secure"
)

// connState is where a connection is in its life.
type connState uint8

const (
	// stateDown: no connection; it connects when its retry time has come.
	stateDown connState = iota
	stateConnecting
	// stateShaking: the connection is with a goroutine that makes the TLS
	// handshake.
	stateShaking
	stateOpen
)

// conn is one connection of one user. Everything in it belongs to its thread.
type conn struct {
	id    int32
	state connState
	// writing is true while the loop tells when the connection takes bytes.
	writing bool
	// queued is true while the connection stands in the idle queue.
	queued bool
	// lives counts the connections that the user has had before this one.
	lives int
	// io is the connection itself, nil while it is down; stamped is the same
	// where the system stamps its arrivals, else nil.
	io      backend.Conn
	stamped backend.Stamped
	// codec reads the answers.
	codec codec.Conn
	// secret is the connection's TLS, nil in plain text.
	secret *secure.Channel
	// progress is the connection's place in an exchange of steps, nil where
	// there was none.
	progress *progress

	// issued counts the requests of this connection.
	issued int
	// idleSince is when the connection last became able to take a request.
	idleSince int64
	flights
	attempts
	kept
}

// flights is a ring of the requests in flight, oldest at first.
type flights struct {
	ring         []record.Exchange
	first, count int
}

// attempts is what is known of a user's connections in a row.
type attempts struct {
	// began is when the connection was begun, for the connect time; shakeBegan
	// when its handshake was.
	began, shakeBegan int64
	// known is true from the first time that a connection was open; answered
	// from the first answer on this one, right or wrong.
	known, answered bool
	// failures counts connections in a row that gave no answer; waits is since
	// when the user waits to be connected again for their sake, 0 when it does
	// not.
	failures int
	waits    int64
}

// kept are the bytes that a connection keeps.
type kept struct {
	// pending is what the system did not take yet, owned by the connection;
	// tail the rest of a large body, shared by all.
	pending, tail []byte
	// carry is what the codec must be shown again.
	carry []byte
}

func (f *flights) oldest() *record.Exchange { return &f.ring[f.first] }

func (f *flights) push() *record.Exchange {
	i := f.first + f.count
	if i >= len(f.ring) {
		i -= len(f.ring)
	}
	f.count++
	return &f.ring[i]
}

func (f *flights) pop() {
	f.first++
	if f.first == len(f.ring) {
		f.first = 0
	}
	f.count--
}

// unsent reports whether bytes wait for the system to take them.
func (k *kept) unsent() bool { return len(k.pending) > 0 }

// unwritten reports whether bytes of the newest request wait to be written.
func (k *kept) unwritten() bool { return len(k.pending) > 0 || len(k.tail) > 0 }
