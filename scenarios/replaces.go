package scenarios

import "slices"

// Replaces reports whether the client itself ends connections of a load of the requests
// and makes new ones: fewer are open then, now and then, than the load has.
func (c Connection) Replaces(requests []Request) bool {
	closes := func(op Operation) bool { return op.Close != nil }
	return c.ReconnectEvery > 0 || slices.ContainsFunc(requests, func(r Request) bool {
		return slices.ContainsFunc(r.Exchange, closes)
	})
}
