// Package backend is the seam between the load engine and the system: sockets,
// and for each thread a loop that waits for them. The engine names no system
// call; a backend knows no protocol, no schedule and no account.
package backend

import (
	"io"
	"time"

	"github.com/joust-bench/joust/loaders"
)

// System makes the event loops of one backend, and says what they can do.
type System struct {
	// Name is how reports name the engine on this system.
	Name string
	// NewLoop makes the loop of one thread with that many connections.
	NewLoop func(spec *loaders.Spec, connections int) (Loop, error)
	// Pins says that threads can be bound to processors.
	Pins bool
	// Sleeps says that a thread must not poll, since its events come from
	// goroutines that need the processor: the idle strategy is always wait.
	Sleeps bool
	// TellsEnds is true where the event of an answer also says that the stream
	// ends behind it. Otherwise the engine looks for the end behind each answer.
	TellsEnds bool
	// Slack is how much later than asked a wait may end, in nanoseconds, though
	// nobody stopped the thread.
	Slack int64
}

// Loop is the event loop of one thread. Only that thread uses it, Wake apart.
type Loop interface {
	// Enter is called first, by the goroutine that will use the loop. It binds
	// the thread to the processor, where that is not negative.
	Enter(cpu int) error
	// Dial begins to connect the connection of that number. The addresses of the
	// target are taken in turn. established is true where the connection is made
	// at once; else its first event says that Finish knows more. An error names
	// its cause, as CauseOf reads it.
	Dial(id int32, turn int) (c Conn, established bool, err error)
	// Wait returns what has happened, at most MostEvents, good until the next
	// call; a connection has at most one event among them. It waits for at most
	// ns nanoseconds, and not at all where ns is not above 0. It may return
	// nothing earlier.
	Wait(ns int64) ([]Event, error)
	// Wake ends a wait with an event of Woken. Any goroutine may call it.
	Wake()
	// CPU is the CPU time of the loop's thread in nanoseconds, 0 where it is not
	// known.
	CPU() int64
	// RunDelay is how long the thread has waited for a processor, in
	// nanoseconds, -1 where that is not known.
	RunDelay() int64
	// Close frees the loop, whose connections are closed already.
	Close()
}

// MostEvents is how many events one Wait returns at most. A loop hands out what
// is ready in turn, so that after enough full turns each connection had its own.
const MostEvents = 256

// Event says what has happened to one connection.
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
	// Readable: bytes lie there, or the end of the stream does.
	Readable What = 1 << iota
	// Writable: a connection that is watched for it takes bytes, or the connect
	// has ended.
	Writable
	// Ended: the stream has ended or is broken, perhaps behind bytes that lie
	// there still.
	Ended
)

// Conn is one connection. It belongs to the thread of its loop.
type Conn interface {
	// Finish says what became of the connect, behind its first event. An error
	// names its cause.
	Finish() error
	// Watch lets the loop tell what happens to a connection that is made. Where
	// writable is true, it also tells that the connection takes bytes.
	Watch(writable bool) error
	// Read reads what lies there, once. It returns 0 and no error where nothing
	// does, io.EOF at the end of the stream, and else an error that names its
	// cause.
	Read(buf []byte) (n int, err error)
	// Write writes once and returns how many bytes the system took, perhaps
	// none. An error names its cause.
	Write(b []byte) (n int, err error)
	// Unread is at least 1 where bytes lie unread, 0 where none do.
	Unread() (int, error)
	// Lend takes the connection out of its loop: another goroutine may use the
	// stream. A read or a write of it blocks for at most the timeout and then
	// fails with ErrTimeout, as may all that come later than the timeout behind
	// Lend. TakeBack gives the connection back to its loop and watches it.
	Lend(timeout time.Duration) (io.ReadWriter, error)
	TakeBack() error
	// Interrupt makes whoever uses the lent stream fail soon.
	Interrupt()
	// Close ends the connection, by a reset where that is asked for.
	Close(reset bool)
}

// Stamped is a connection whose system stamps the arrival of answers.
type Stamped interface {
	// Stamp asks for stamps; false where the system gives none.
	Stamp() bool
	// ReadStamped reads as Read does. lag is how long the newest of the bytes
	// have lain there, in nanoseconds, -1 where that is not known.
	ReadStamped(buf []byte) (n int, lag int64, err error)
}
