// Package knee names the next step of a search: the next open-loop rate, or number of
// users or connections, on the way to the highest one that keeps an objective, and the
// next number of clients of a sweep. It is pure: it gets the outcome of each step,
// measures nothing and knows no clock.
package knee

import "math"

const (
	// Growth is the factor between two rates before the knee lies between them.
	Growth = 2.0
	// Resolution is the ratio of the lowest rate that missed to the highest that
	// kept at which a search ends: 3 %, less than fresh processes of one server
	// differ by.
	Resolution = 1.03
	// MaxSteps bounds the steps of a search by RateRules: 16 times too high a start,
	// every miss asked twice, and the bisection.
	MaxSteps = 20
	// Reach is the ratio of a search's start to the lowest rate that it asks for.
	Reach = 16.0
	// tries is the number of misses that count as one, since one window may be
	// disturbed. The confirmation finds rates that were kept by luck.
	tries = 2
)

// End says why a search has no next rate.
type End string

// The ends of a search.
const (
	// Searching is the end of a search that goes on.
	Searching End = ""
	// Bracketed: the knee lies between two rates within Resolution.
	Bracketed End = "bracketed"
	// Ceiling: the highest rate that may be asked for was kept.
	Ceiling End = "ceiling"
	// Floor: the lowest rate that may be asked for was missed.
	Floor End = "floor"
)

// Bounds are the rates of a search in req/s, 0 < Floor ≤ Start ≤ Ceiling. They are
// numbers of users or connections where the Rules say Whole.
type Bounds struct {
	Start, Floor, Ceiling float64
}

// Rules are how a search goes from rate to rate.
type Rules struct {
	// Growth is the factor between two rates before the knee lies between them, above 1.
	Growth float64
	// Resolution is the ratio of the bracket's ends at which the search ends, above 1.
	Resolution float64
	// Misses is the number of misses of a rate, one after the other, that count as one.
	Misses int
	// Whole is true for whole numbers, such as users. The search then also ends where no
	// number lies between the bracket's ends.
	Whole bool
}

// RateRules returns the rules of a search for a rate.
func RateRules() Rules { return Rules{Growth: Growth, Resolution: Resolution, Misses: tries} }

// BoundsAround returns bounds that begin at start, go up to the ceiling and down to
// start/Reach, but not below least, under which a window proves nothing. ok is
// false when least is above the ceiling.
func BoundsAround(start, least, ceiling float64) (b Bounds, ok bool) {
	if !(start > 0) || !(ceiling > 0) || least > ceiling {
		return Bounds{}, false
	}
	b.Ceiling = ceiling
	b.Start = min(max(start, least), ceiling)
	b.Floor = max(b.Start/Reach, least)
	return b, true
}

// Bisection is a search: exponential growth from a start to both sides of the
// knee, then bisection. Its methods are called in turn: Next, Note, Next, Note ...
type Bisection struct {
	bounds Bounds
	rules  Rules
	// kept is the highest rate that was kept, missed the lowest that missed; 0
	// where there is none.
	kept, missed float64
	at           float64
	misses       int
}

// NewBisection begins a search within the bounds.
func NewBisection(b Bounds, r Rules) *Bisection { return &Bisection{bounds: b, rules: r, at: b.Start} }

// Next returns the rate to ask for, in req/s; ok is false when the search has ended.
func (s *Bisection) Next() (rate float64, ok bool) { return s.at, s.End() == Searching }

// Note records whether the rate that Next named was kept.
func (s *Bisection) Note(kept bool) {
	switch {
	case kept:
		s.kept = s.at
	case s.misses+1 < s.rules.Misses:
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
		return min(s.rules.above(s.kept, s.kept*s.rules.Growth), s.bounds.Ceiling)
	case s.kept == 0:
		return max(s.rules.below(s.missed, s.missed/s.rules.Growth), s.bounds.Floor)
	}
	return s.rules.below(s.missed, s.rules.above(s.kept, math.Sqrt(s.kept*s.missed)))
}

// above returns the rate, whole and greater than low where numbers are whole.
func (r Rules) above(low, rate float64) float64 {
	if !r.Whole {
		return rate
	}
	return max(math.Round(rate), low+1)
}

// below returns the rate, whole and smaller than high where numbers are whole.
func (r Rules) below(high, rate float64) float64 {
	if !r.Whole {
		return rate
	}
	return min(math.Round(rate), high-1)
}

// End returns why there is no next rate, Searching while there is one.
func (s *Bisection) End() End {
	switch {
	case s.missed == 0 && s.kept >= s.bounds.Ceiling:
		return Ceiling
	case s.kept == 0 && s.missed > 0 && s.missed <= s.bounds.Floor:
		return Floor
	case s.kept > 0 && s.missed > 0 && (s.missed <= s.kept*s.rules.Resolution || s.rules.Whole && s.missed <= s.kept+1):
		return Bracketed
	}
	return Searching
}

// Bracket returns the highest rate that was kept and the lowest that missed, in
// req/s; 0 where there is none.
func (s *Bisection) Bracket() (kept, missed float64) { return s.kept, s.missed }
