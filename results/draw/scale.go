// Package draw turns numbers into pictures: scales with their ticks, bars of signs for
// terminals, and SVG figures for pages. It knows nothing of loads, and what it draws
// follows from its arguments alone.
package draw

import (
	"math"
	"slices"
)

// steps are the round numbers of a decade, for few or many numbers in it.
var steps = [][]float64{
	{1},
	{1, 3},
	{1, 2, 5},
	{1, 1.5, 2, 3, 5, 7},
	{1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8},
}

// Step returns the smallest of 1, 2 and 5, times a power of ten, that is x or more; 0
// for an x that is not above 0.
func Step(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 0) {
		return 0
	}
	decade := math.Pow(10, math.Floor(math.Log10(x)))
	for _, s := range []float64{1, 2, 5} {
		// A hair of tolerance: 0.3/3 is not quite 0.1.
		if step := round(s * decade); step >= x*(1-1e-9) {
			return step
		}
	}
	return round(10 * decade)
}

// round drops the digits that binary fractions add to a decimal number.
func round(x float64) float64 {
	if x == 0 {
		return 0
	}
	unit := math.Pow(10, 9-math.Ceil(math.Log10(math.Abs(x))))
	return math.Round(x*unit) / unit
}

// narrow is the ratio of the largest value to the smallest below which equal steps show
// more than steps that grow.
const narrow = 4

// Edges returns rising round numbers from the smallest value or below it to the largest
// or above it, at most so many steps apart, and at least one: in equal steps where the
// values lie close together, else in steps that grow with the value. Both values are
// above 0. most is 4 or more.
func Edges(smallest, largest float64, most int) []float64 {
	if largest < narrow*smallest {
		return equal(smallest, largest, most)
	}
	for i := len(steps) - 1; i >= 0; i-- {
		if edges := growing(smallest, largest, steps[i]); len(edges) <= most+1 {
			return edges
		}
	}
	return decades(smallest, largest, most)
}

// resolution is the least step between edges, as a share of the values: that of the
// histograms.
const resolution = 1e-3

// equal returns edges in equal steps.
func equal(smallest, largest float64, most int) []float64 {
	step := Step(max((largest-smallest)/float64(most-1), largest*resolution))
	var edges []float64
	for i := math.Floor(smallest / step * (1 + 1e-12)); ; i++ {
		edges = append(edges, round(i*step))
		if last := edges[len(edges)-1]; last >= largest && len(edges) > 1 {
			return edges
		}
	}
}

// growing returns edges at the steps of each decade.
func growing(smallest, largest float64, steps []float64) []float64 {
	var edges []float64
	for exponent := math.Floor(math.Log10(smallest)) - 1; ; exponent++ {
		for _, s := range steps {
			edge := round(s * math.Pow(10, exponent))
			if edge <= smallest {
				edges = edges[:0] // only the last edge at or below the smallest value counts
			}
			edges = append(edges, edge)
			if edge >= largest && len(edges) > 1 {
				return edges
			}
		}
	}
}

// decades returns edges that are several decades apart.
func decades(smallest, largest float64, most int) []float64 {
	all := growing(smallest, largest, steps[0])
	every := (len(all) + most - 2) / most
	var edges []float64
	for at := 0; at < len(all)-1; at += every {
		edges = append(edges, all[at])
	}
	return append(edges, all[len(all)-1])
}

// Tick is a marked place of an axis.
type Tick struct {
	Value float64
	// At is the place on the axis, 0 to 1.
	At float64
}

// Scale maps values to places on an axis, 0 to 1.
type Scale struct {
	low, high float64
	// bend makes equal distances of the axis of values, unbend values of those.
	bend, unbend func(float64) float64
	ticks        []float64
}

// At returns the place of a value; values beyond the axis lie at its ends.
func (s Scale) At(value float64) float64 {
	low, high := s.bend(s.low), s.bend(s.high)
	return min(max((s.bend(value)-low)/(high-low), 0), 1)
}

// Evenly returns so many values, 2 or more, that lie at equal distances from one end of the
// axis to the other.
func (s Scale) Evenly(n int) []float64 {
	low, high := s.bend(s.low), s.bend(s.high)
	values := make([]float64, n)
	for i := range values {
		values[i] = s.unbend(low + (high-low)*float64(i)/float64(n-1))
	}
	return values
}

// same is the bend of an axis in equal steps.
func same(v float64) float64 { return v }

// Ticks returns the marked places in rising order.
func (s Scale) Ticks() []Tick {
	ticks := make([]Tick, len(s.ticks))
	for i, v := range s.ticks {
		ticks[i] = Tick{v, s.At(v)}
	}
	return ticks
}

// Linear returns an axis from 0 to the first tick at or above the value, with at most
// so many ticks above 0. An axis of nothing, which is less than 1e-9, ends at 1.
func Linear(highest float64, most int) Scale {
	if !(highest >= 1e-9) {
		highest = 1
	}
	step := Step(highest / float64(most))
	s := Scale{bend: same, unbend: same}
	for i := 0.0; len(s.ticks) == 0 || s.ticks[len(s.ticks)-1] < highest; i++ {
		s.ticks = append(s.ticks, round(i*step))
	}
	s.high = s.ticks[len(s.ticks)-1]
	return s
}

// Between returns an axis from low to high in equal steps, with at most so many ticks.
// high is above low.
func Between(low, high float64, most int) Scale {
	step := Step((high - low) / float64(most))
	s := Scale{low: low, high: high, bend: same, unbend: same}
	for i := math.Ceil(low / step * (1 - 1e-12)); round(i*step) <= high; i++ {
		s.ticks = append(s.ticks, round(i*step))
	}
	return s
}

// Places returns an axis of so many places of equal width, with a tick at each end of a
// place: 0, 1 and so on.
func Places(n int) Scale {
	s := Scale{high: float64(n), bend: same, unbend: same}
	for i := range n + 1 {
		s.ticks = append(s.ticks, float64(i))
	}
	return s
}

// Log returns a logarithmic axis that holds both values, which are above 0. Its ends
// are ticks.
func Log(smallest, largest float64, most int) Scale {
	ticks := growing(smallest, max(largest, smallest*1.5), steps[len(steps)-1])
	for i := len(steps) - 2; i >= 0 && len(ticks) > most; i-- {
		ticks = growing(smallest, max(largest, smallest*1.5), steps[i])
	}
	if len(ticks) > most {
		ticks = decades(smallest, max(largest, smallest*1.5), most)
	}
	return Scale{low: ticks[0], high: ticks[len(ticks)-1], bend: math.Log, unbend: math.Exp, ticks: ticks}
}

// Tail returns the axis of percentiles on which each further nine has the same length:
// from 0 to the largest share of samples, which is below 1. Its ticks are shares: 0,
// 0.5, 0.9, 0.99 and so on.
func Tail(largest float64) Scale {
	s := Scale{
		high: max(largest, 0.9),
		bend: func(q float64) float64 { return -math.Log1p(-q) }, unbend: func(x float64) float64 { return -math.Expm1(-x) },
	}
	for _, q := range []float64{0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999} {
		if q <= s.high*(1+1e-12) {
			s.ticks = append(s.ticks, q)
		}
	}
	return s
}

// Labelled returns the ticks that keep the distance from their neighbours, 0 to 1, from
// the first on.
func Labelled(ticks []Tick, distance float64) []Tick {
	return slices.DeleteFunc(slices.Clone(ticks), func() func(Tick) bool {
		last := math.Inf(-1)
		return func(t Tick) bool {
			if t.At-last < distance {
				return true
			}
			last = t.At
			return false
		}
	}())
}
