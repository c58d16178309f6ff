package arrival

import (
	"math"
	"sort"
)

// curve is a rate over time that repeats itself with a period. Each arrival is solved by
// itself from the curve's integral, so that errors do not add up.
type curve struct {
	pieces []piece
	// period is in nanoseconds, each the number of arrivals of one, above 0.
	period, each float64
	// over is the length of the schedule in nanoseconds.
	over float64
}

// piece is a part of a curve's period: a straight line and a sine upon it,
// rate(t) = from + (to−from)·t/length + swing·sin(turn·t), never below 0.
type piece struct {
	// start is from the period's begin; both are in nanoseconds. length is above 0.
	start, length float64
	// from, to and swing are arrivals per nanosecond, turn is in radians per nanosecond.
	from, to, swing, turn float64
	// before is the number of arrivals of the period before the piece.
	before float64
}

// newCurve puts pieces one behind the other, for a schedule of that many nanoseconds. It
// leaves out pieces without a length.
func newCurve(over float64, pieces ...piece) *curve {
	c := &curve{over: over}
	for _, p := range pieces {
		if !(p.length > 0) {
			continue
		}
		p.start, p.before = c.period, c.each
		c.period += p.length
		c.each += p.arrivals(p.length)
		c.pieces = append(c.pieces, p)
	}
	return c
}

// arrivals returns the integral of the piece's rate up to t.
func (p *piece) arrivals(t float64) float64 {
	n := t * (p.from + (p.to-p.from)*t/(2*p.length))
	if p.swing != 0 {
		half := math.Sin(p.turn * t / 2) // 1 − cos x = 2·sin²(x/2) loses no digits
		n += 2 * p.swing / p.turn * half * half
	}
	return n
}

// rate returns the piece's rate at t.
func (p *piece) rate(t float64) float64 {
	return p.from + (p.to-p.from)*t/p.length + p.swing*math.Sin(p.turn*t)
}

// solve returns the time at which the piece has had k arrivals, 0 to length.
func (p *piece) solve(k float64) float64 {
	var t float64
	switch {
	case k <= 0:
		return 0
	case p.from+p.to == 0:
		return p.length
	case p.swing != 0:
		t = p.search(k)
	default:
		t = ramp{from: p.from, to: p.to, over: p.length}.within(k)
	}
	return min(t, p.length)
}

const (
	// closeEnough ends a search, in nanoseconds, and sameDigits is the share of a time that
	// rounding leaves unknown.
	closeEnough, sameDigits = 0.01, 1e-15
	// mostSteps bounds a search: as many halvings of a year reach closeEnough.
	mostSteps = 64
)

// search finds the time of k arrivals by Newton's method, within bounds that shrink with
// each step: where the rate is nearly 0, it halves them.
func (p *piece) search(k float64) float64 {
	low, high := 0.0, p.length
	t := p.length * k / p.arrivals(p.length)
	for range mostSteps {
		beyond := p.arrivals(t) - k
		if beyond > 0 {
			high = t
		} else {
			low = t
		}
		next := t - beyond/p.rate(t)
		if !(next >= low && next <= high) {
			next = (low + high) / 2
		}
		if math.Abs(next-t) < closeEnough+sameDigits*t {
			return next
		}
		t = next
	}
	return t
}

// instant is the time of arrival k, cut to a nanosecond. Where the rate is 0 as the
// integral reaches k, the arrival is at the end of that pause.
func (c *curve) instant(k uint64) (int64, bool) {
	n := float64(k)
	periods := math.Floor(n / c.each)
	rest := n - periods*c.each
	at := sort.Search(len(c.pieces), func(i int) bool { return c.pieces[i].before > rest }) - 1
	p := &c.pieces[max(at, 0)] // a rest below 0 is one of rounding
	t := periods*c.period + p.start + p.solve(rest-p.before)
	return int64(t), t < c.over
}

// arrivals returns the integral of the rate up to t.
func (c *curve) arrivals(t float64) float64 {
	periods := math.Floor(t / c.period)
	n, rest := periods*c.each, t-periods*c.period
	for i := range c.pieces {
		p := &c.pieces[i]
		if rest <= p.start {
			break
		}
		n += p.arrivals(min(rest-p.start, p.length))
	}
	return n
}
