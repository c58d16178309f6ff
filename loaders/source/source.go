// Package source is the seam between the load engine and the choice of requests,
// with the sources of a Spec: its requests in turn, per connection or by weight. A
// new source is a package that implements Source.
package source

import (
	"net/netip"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Source chooses the requests of one loader thread, which alone uses it. Its users
// are those of a closed loop. In an open loop, and where the Spec names no users,
// each connection is the user of its number.
type Source interface {
	// Next returns the user's next request, and false where the user has none any
	// more: that retires the user, and in an open loop all. now is the engine's
	// clock in nanoseconds.
	Next(user int32, now int64) (Ask, bool)
	// Done is called at the end of each request where Needs asks for that.
	Done(user int32, v *View)
	// Needs returns the parts of an answer that Done needs. It does not change.
	Needs() Needs
	// Reconnected is called where the user's connection was replaced. A user that
	// shares connections with others has none.
	Reconnected(user int32)
	// Groups names the groups under which requests are reported. It does not
	// change.
	Groups() []string
}

// Chain is a Source whose exchanges may take several requests, each made of the answer
// to the one before. An exchange has one request in flight at a time, on one connection.
type Chain interface {
	Source
	// Continue is shown each whole answer to the user, right or wrong, before it counts.
	// It returns the number of the next request of the exchange, or a negative one where
	// this answer is the last. It may then set Cause and Detail, to make the exchange fail.
	Continue(user int32, v *View) (next int32)
	// Unfollowed describes the first redirect that ended an exchange; nil for none.
	Unfollowed() *results.Redirect
}

// Routed is a Source whose thread may connect to an address of its own.
type Routed interface {
	Source
	// Address returns the address to connect to; ok is false for those of the target.
	Address() (address netip.AddrPort, ok bool)
}

// Timed is a Source that runs a script of the user.
type Timed interface {
	Source
	// Spent returns the time that the script has taken so far.
	Spent() results.ScriptTime
}

// Undecided is the request of a user who is asked again behind the delay.
const Undecided = -1

// Judge is a Source that looks at answers before they count.
type Judge interface {
	Source
	// Judge is shown each whole answer to the user, right or wrong. It may set Cause and
	// Detail of a right one, which makes the request fail.
	Judge(user int32, v *View)
}

// Walks is a Source whose users walk through sequences of requests. Its users share
// connections in open loops too, in which the schedule begins iterations.
type Walks interface {
	Source
	// Flows names the sequences. It does not change.
	Flows() []string
	// Idle reports whether the user is between two iterations.
	Idle(user int32) bool
	// Ended returns the iteration that the last call of Next or Done for the user has ended;
	// ok is false where it has ended none.
	Ended(user int32) (i Iteration, ok bool)
}

// Keeps is a Source that keeps iterations for the report.
type Keeps interface {
	Source
	// Kept returns them, and the number of those for which there was no room. It is called
	// when the load has ended.
	Kept() (list []results.KeptIteration, dropped uint64)
}

// Iteration is the outcome of one walk through a sequence.
type Iteration struct {
	// Flow is the number of the sequence.
	Flow int32
	// Failed is true where a step failed, Aborted where the walk ended with it. Untimed is
	// true where several users walked it, so that nobody has measured its time.
	Failed, Aborted, Untimed bool
}

// Rest is the Request of an Ask for nothing: the user asks again when it begins another
// iteration, or when another user of the thread has ended a request.
const Rest = -2

// Ask is the next request of a user.
type Ask struct {
	// Request is a number of the thread's table, Group one of Groups. Among users who
	// share connections it may be Undecided, with a Delay.
	Request, Group int32
	// Row is the number of its data row, 0 where the load has none.
	Row int32
	// Delay is how long the user waits before the request. An open loop ignores it, unless
	// its users walk.
	Delay time.Duration
	// Pause comes before Delay. An open loop leaves it out before the first request of an
	// iteration.
	Pause time.Duration
}

// Needs names the parts of an answer that Done needs. With the zero Needs the engine
// leaves out Done.
type Needs struct {
	// Outcome asks for Done with status and cause; the other needs include it.
	Outcome bool
	// Heads asks for the head, Cookies for one that sets a cookie.
	Heads, Cookies bool
	// Body is how many bytes of the body are needed at most.
	Body int
}

// View is the outcome of one request. Its bytes are good until Done returns.
type View struct {
	Request int32
	// Status is 0 where no answer was complete.
	Status int
	// Cause is why the answer is wrong or missing; empty for a right one.
	Cause results.Cause
	// Detail describes a cause that Continue or Judge has set.
	Detail string
	// Took is the time from the send to the end of the answer, or of the wait for it.
	Took time.Duration
	// Head and Body are as Needs asks for them.
	Head, Body []byte
}

// Thread is the thread of a source.
type Thread struct {
	// Number counts the threads of a load from 0.
	Number int
	// Users is how many users the thread has.
	Users int
	// Rows are the data rows of the load, nil for none; Sets are those of its flows.
	Rows *Rows
	Sets []*Rows
	// Put compiles a request into the thread's table, which begins with the
	// requests of the Spec, and returns its number: the one given, whose request
	// must not be in flight, or a new one where that is negative.
	Put func(number int32, r *scenarios.Request) (int32, error)
	// Quote is Put for a request whose bytes are given. It copies them, into the memory of
	// the request whose place it takes.
	Quote func(number int32, v *codec.Verbatim) (int32, error)
}

// New makes the source of one thread.
type New func(*loaders.Spec, Thread) (Source, error)
