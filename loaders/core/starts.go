package core

import "math/bits"

// starts are the instants at which users start: user k of all at begin + over × k ÷ users,
// cut to a nanosecond. Loaders that share a load start their users in turn.
type starts struct {
	// begin is that of the load's first phase, in CLOCK_MONOTONIC nanoseconds; over is 0
	// where all start together.
	begin, over int64
	// users is how many this loader has on all threads, at least 1.
	users int
	// index is the number of this loader of all, which are at least 1.
	index, of int
}

// at returns the instant at which this loader's user of that number starts.
func (s starts) at(user int) int64 {
	hi, lo := bits.Mul64(uint64(s.over), uint64(user*s.of+s.index))
	after, _ := bits.Div64(hi, lo, uint64(s.users*s.of))
	return s.begin + int64(after)
}

// by returns how many of this loader's users have started by the instant.
func (s starts) by(instant int64) int {
	passed := instant - s.begin
	switch {
	case passed < 0:
		return 0
	case passed >= s.over:
		return s.users
	}
	// Place p, of all loaders, has started where over × p ÷ places < passed + 1.
	hi, lo := bits.Mul64(uint64(passed)+1, uint64(s.users*s.of))
	lo, carry := bits.Add64(lo, uint64(s.over)-1, 0)
	places, _ := bits.Div64(hi+carry, lo, uint64(s.over))
	return min(s.users, (int(places)+s.of-1-s.index)/s.of)
}
