// Package knee decides what to ask next when a limit is searched for: the next
// open-loop rate of a search for the highest one that keeps an objective, and
// the next number of clients of a sweep. It is pure: it is told how a step went
// and names the next; it measures nothing and knows no clock.
package knee

import "math"

const (
	// Growth is the factor between two rates while the search still looks for a
	// rate on the other side of the knee.
	Growth = 2.0
	// Resolution is the largest ratio of the lowest rate that missed to the
	// highest that kept at which a search ends: 3 %, less than fresh processes
	// of one server differ by.
	Resolution = 1.03
	// MaxSteps bounds the steps of a search: 16 times too high a start, every
	// miss asked twice, and the bisection.
	MaxSteps = 20
	// Reach is how far below its start a search looks, as a factor.
	Reach = 16.0
	// tries is how often a rate must miss before it counts as missed: one
	// disturbed window must not decide. What was kept by luck is found out by
	// the confirmation.
	tries = 2
)

// End says why a search has no next rate.
type End string

// The ends of a search.
const (
	// Searching is the end of none.
	Searching End = ""
	// Bracketed: the knee lies between two rates within Resolution.
	Bracketed End = "bracketed"
	// Ceiling: the highest rate that may be asked for was kept.
	Ceiling End = "ceiling"
	// Floor: the lowest rate that may be asked for was missed.
	Floor End = "floor"
)

// Bounds are the rates of a search in req/s, 0 < Floor ≤ Start ≤ Ceiling.
type Bounds struct {
	Start, Floor, Ceiling float64
}

// BoundsAround is a search that starts at start, goes up to the ceiling and
// down to start/Reach, but not below least, under which nothing can be told. ok
// is false when least is above the ceiling.
func BoundsAround(start, least, ceiling float64) (b Bounds, ok bool) {
	if !(start > 0) || !(ceiling > 0) || least > ceiling {
		return Bounds{}, false
	}
	b.Ceiling = ceiling
	b.Start = min(max(start, least), ceiling)
	b.Floor = max(b.Start/Reach, least)
	return b, true
}

// Search is exponential growth from a start to both sides of the knee, then
// bisection. Its methods are called in turn: Next, Note, Next, Note ...
type Bisection struct {
	bounds Bounds
	// kept is the highest rate that was kept, missed the lowest that missed; 0
	// where there is none.
	kept, missed float64
	at           float64
	misses       int
}

// NewBisection begins a search within the bounds.
func NewBisection(b Bounds) *Bisection { return &Bisection{bounds: b, at: b.Start} }

// Next is the rate to ask for, in req/s; ok is false when the search has ended.
func (s *Bisection) Next() (rate float64, ok bool) { return s.at, s.End() == Searching }

// Tell says whether the rate that Next named was kept.
func (s *Bisection) Note(kept bool) {
	switch {
	case kept:
		s.kept = s.at
	case s.misses+1 < tries:
		s.misses++
		return
	default:
		s.missed = s.at
	}
	s.misses = 0
	s.at = s.choose()
}

func (s *Bisection) choose() float64 {
	switch {
	case s.missed == 0:
		return min(s.kept*Growth, s.bounds.Ceiling)
	case s.kept == 0:
		return max(s.missed/Growth, s.bounds.Floor)
	}
	return math.Sqrt(s.kept * s.missed)
}

// End is why there is no next rate, Searching while there is one.
func (s *Bisection) End() End {
	switch {
	case s.missed == 0 && s.kept >= s.bounds.Ceiling:
		return Ceiling
	case s.kept == 0 && s.missed > 0 && s.missed <= s.bounds.Floor:
		return Floor
	case s.kept > 0 && s.missed > 0 && s.missed <= s.kept*Resolution:
		return Bracketed
	}
	return Searching
}

// Bracket is the highest rate that was kept and the lowest that missed, in
// req/s; 0 where there is none.
func (s *Bisection) Bracket() (kept, missed float64) { return s.kept, s.missed }
