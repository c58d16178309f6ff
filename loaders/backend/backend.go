// Package backend is the seam between the load engine and the system: sockets,
// and for each thread a loop that waits for them. The engine names no system
// call; a backend knows no protocol, no schedule and no account.
package backend

import (
	"context"
	"io"
	"net/netip"
	"time"

	"github.com/joust-bench/joust/loaders"
)

// System makes the event loops of one backend, and states their abilities.
type System struct {
	// Name is how reports name the engine on this system.
	Name string
	// NewLoop makes the loop of one thread with that many connections.
	NewLoop func(spec *loaders.Spec, connections int) (Loop, error)
	// Lookup returns the addresses of a host's name. Any goroutine may call it.
	Lookup func(ctx context.Context, name string) ([]netip.Addr, error)
	// Pins says that threads can be bound to processors.
	Pins bool
	// Sleeps says that a thread must not poll, since its events come from
	// goroutines that need the processor: the idle strategy is always wait.
	Sleeps bool
	// ReportsEnds is true where the event of an answer also reports that the stream
	// ends behind it. Otherwise the engine looks for the end behind each answer.
	ReportsEnds bool
	// Slack is how much later than asked a wait may end, in nanoseconds, though
	// nobody stopped the thread.
	Slack int64
}

// Loop is the event loop of one thread. Only that thread uses it, but any
// goroutine may call Wake.
type Loop interface {
	// Enter makes the loop ready for the goroutine that calls it, which alone will
	// use it. It binds the thread to the processor, unless cpu is negative.
	Enter(cpu int) error
	// Dial begins to connect the connection of that number to one of the addresses of the
	// target of that number, which turn numbers round and round. established is true
	// where the connection is made at once; else call Finish at its first event. CauseOf
	// reads the cause from an error.
	Dial(id int32, target, turn int) (c Conn, established bool, err error)
	// DialTo begins to connect as Dial does, to the given address.
	DialTo(id int32, to netip.AddrPort) (c Conn, established bool, err error)
	// Wait returns the next events, at most MostEvents, good until the next
	// call; a connection has at most one event among them. It waits for at most
	// ns nanoseconds, and not at all where ns is not above 0. It may return
	// earlier without an event.
	Wait(ns int64) ([]Event, error)
	// Wake ends a wait with an event of Woken.
	Wake()
	// CPU returns the CPU time of the loop's thread in nanoseconds, 0 where it is
	// not known.
	CPU() int64
	// RunDelay returns the time for which the thread has waited for a processor,
	// in nanoseconds, -1 where it is not known.
	RunDelay() int64
	// Close frees the loop. Close its connections first.
	Close()
}

// MostEvents is the greatest number of events that one Wait returns. A loop
// returns ready connections in turn: none waits for long behind others.
const MostEvents = 256

// Event reports what has happened to one connection.
type Event struct {
	// Conn is the connection's number, or Woken.
	Conn int32
	What What
}

// Woken is the number in the event of a Wake.
const Woken = -1

// What is a set of things that happen to a connection.
type What uint8

// The things that happen. An event that the engine does not act on comes again
// with the next Wait, as long as it is true.
const (
	// Readable: bytes or the end of the stream can be read.
	Readable What = 1 << iota
	// Writable: a connection that is watched for it takes bytes, or the connect
	// has ended.
	Writable
	// Ended: the stream has ended or is broken, perhaps behind bytes that can
	// still be read.
	Ended
)

// Conn is one connection. It belongs to the thread of its loop.
type Conn interface {
	// Finish returns the outcome of the connect, after its first event. An error
	// names its cause.
	Finish() error
	// Watch lets the loop return the events of an established connection: all but
	// Writable, and that too where writable is true.
	Watch(writable bool) error
	// Read reads once. It returns 0 and no error where nothing has arrived, io.EOF
	// at the end of the stream, and else an error that names its cause.
	Read(buf []byte) (n int, err error)
	// Write writes once and returns how many bytes the system took, perhaps
	// none. An error names its cause.
	Write(b []byte) (n int, err error)
	// Unread returns at least 1 where unread bytes have arrived, else 0.
	Unread() (int, error)
	// Refused reports, behind the end of the stream, whether the peer has refused bytes
	// that were written: it had closed before they came, and has not read them. It
	// reports a refusal once.
	Refused() bool
	// Lend takes the connection out of its loop and lends its stream to another
	// goroutine. Reads and writes of the stream fail with ErrTimeout once the
	// timeout has passed. TakeBack gives the connection back to its loop and
	// watches it.
	Lend(timeout time.Duration) (io.ReadWriter, error)
	TakeBack() error
	// Interrupt makes reads and writes of the lent stream fail soon.
	Interrupt()
	// Close ends the connection, by a reset where reset is true.
	Close(reset bool)
}

// Stamped is a connection whose system stamps the arrival of answers.
type Stamped interface {
	// Stamp switches the stamps on. It returns false where the system gives none.
	Stamp() bool
	// ReadStamped reads as Read does. lag is the time since the newest of the
	// bytes arrived, in nanoseconds, -1 where it is not known.
	ReadStamped(buf []byte) (n int, lag int64, err error)
}
