package source

import (
	"fmt"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// MostRedirects is how many redirects in a row are followed.
const MostRedirects = 10

// The bounds of what a follower remembers: redirects, and bytes of the bodies that they
// ask to send again.
const (
	mostKnown  = 1000
	mostBodies = 64 << 20
)

// none is the number of no request.
const none = -1

// follower is a source of a Spec whose users follow redirects.
type follower struct {
	Source
	origins
	put func(number int32, r *scenarios.Request) (int32, error)
	// asked holds the requests of the thread's table, by number.
	asked []scenarios.Request
	// known has the request that each redirect leads to, none where it is not followed.
	// A redirect that finds no place there leads to its user's own request, which own
	// has by user, none for users without one.
	known map[redirection]int32
	own   []int32
	// bodies is the size in bytes of the bodies of known requests; full is true once
	// there was no room for one.
	bodies int64
	full   bool
	// hops counts the redirects that each user has followed in a row.
	hops []int
	// unfollowed is the first redirect that was not followed, nil for none.
	unfollowed *results.Redirect
}

var _ Chain = (*follower)(nil)

// redirection is an answer that redirects: the number of its request, its status, and
// its Location field.
type redirection struct {
	from     int32
	status   int
	location string
}

// following returns the source with users who follow redirects.
func following(of Source, spec *loaders.Spec, t Thread) Source {
	f := &follower{
		Source: of, origins: originsOf(spec), put: t.Put, asked: requestsOf(spec),
		known: map[redirection]int32{}, own: make([]int32, t.Users), hops: make([]int, t.Users),
	}
	for user := range f.own {
		f.own[user] = none
	}
	return f
}

// requestsOf returns the requests of the Spec, by number.
func requestsOf(spec *loaders.Spec) []scenarios.Request {
	list := make([]scenarios.Request, spec.CountRequests())
	for i := range list {
		list[i] = spec.RequestAt(i)
	}
	return list
}

// Needs implements Source.
func (f *follower) Needs() Needs { return Needs{Heads: true} }

// Done implements Source.
func (f *follower) Done(user int32, _ *View) { f.hops[user] = 0 }

// Unfollowed implements Chain.
func (f *follower) Unfollowed() *results.Redirect { return f.unfollowed }

// Continue implements Chain.
func (f *follower) Continue(user int32, v *View) int32 {
	if !results.Redirects(v.Status) {
		return none
	}
	next, ok := f.known[redirection{v.Request, v.Status, string(locationOf(v.Head))}]
	if !ok {
		next = f.lead(user, v)
	}
	switch {
	case next == none:
	case f.hops[user] == MostRedirects:
		v.Cause, v.Detail = results.CauseRedirect, fmt.Sprintf("more than %d redirects in a row, the last to %s", MostRedirects, f.asked[next].Path)
		return none
	default:
		f.hops[user]++
	}
	return next
}

// lead makes the request that a redirect leads to, and remembers it while there is
// room. It returns none for a redirect that is not followed.
func (f *follower) lead(user int32, v *View) int32 {
	from := &f.asked[v.Request]
	to, path, ok := f.redirect(from, v.Status, v.Head)
	if !ok {
		return none
	}
	f.full = f.full || len(f.known) >= mostKnown
	number := int32(none)
	if !to.Elsewhere && !to.Malformed {
		number = f.place(user, followUp(from, v.Status, path))
		to.Malformed = number == none
	}
	if number == none && f.unfollowed == nil {
		f.unfollowed = &to
	}
	if !f.full {
		f.known[redirection{v.Request, v.Status, string(locationOf(v.Head))}] = number
	}
	return number
}

// place puts the request into the thread's table: into a new place while there is room,
// else into that of the user. It returns none for a request that cannot be made.
func (f *follower) place(user int32, r scenarios.Request) int32 {
	f.bodies += r.Body.Size()
	f.full = f.full || f.bodies > mostBodies
	number := int32(none)
	if f.full {
		number = f.own[user]
	}
	number, err := f.put(number, &r)
	if err != nil {
		return none
	}
	if f.full {
		f.own[user] = number
	}
	if int(number) == len(f.asked) {
		f.asked = append(f.asked, scenarios.Request{})
	}
	f.asked[number] = r
	return number
}

// Unfollowed describes a redirect that nobody followed: the answer to a request of a
// Spec without Follow, with its status and its head. It returns nil where the answer
// does not redirect or is to another request.
func Unfollowed(spec *loaders.Spec, request int32, status int, head []byte) *results.Redirect {
	if int(request) >= spec.CountRequests() {
		return nil
	}
	r := spec.RequestAt(int(request))
	to, _, ok := originsOf(spec).redirect(&r, status, head)
	if !ok {
		return nil
	}
	return &to
}
