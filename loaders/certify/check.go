package certify

import (
	"fmt"
	"math"
	"time"
)

// Check compares one figure of a case with the law. It is one line of a
// certificate.
type Check struct {
	// Law is the case's name.
	Law    string     `json:"law"`
	Figure string     `json:"figure"`
	Unit   FigureUnit `json:"unit"`
	// Expected and Measured are in the unit; UnitText has the texts instead.
	Expected     float64 `json:"expected"`
	Measured     float64 `json:"measured"`
	ExpectedText string  `json:"expected_text,omitempty"`
	MeasuredText string  `json:"measured_text,omitempty"`
	// Deviation is measured ÷ expected − 1 for a relative bound, else measured
	// − expected.
	Deviation float64 `json:"deviation"`
	Bound     Bound   `json:"bound"`
	OK        bool    `json:"ok"`
}

// FigureUnit is the unit of a check's numbers.
type FigureUnit string

// The units. UnitText is for figures that are no numbers.
const (
	Nanoseconds FigureUnit = "ns"
	PerSecond   FigureUnit = "req/s"
	Requests    FigureUnit = "requests"
	Connections FigureUnit = "connections"
	Events      FigureUnit = "events"
	Bytes       FigureUnit = "bytes"
	UnitText    FigureUnit = "text"
)

// Bound says which measured values hold.
type Bound struct {
	Kind BoundKind `json:"kind"`
	// Limit is a share (0.02 is 2 %) for Relative, in the check's unit for Absolute,
	// and has no meaning for the others.
	Limit float64 `json:"limit,omitempty"`
}

// BoundKind is the kind of a bound.
type BoundKind string

// The kinds. Exact figures and texts must be equal, AtMost must not exceed the
// expected figure.
const (
	Relative BoundKind = "relative"
	Absolute BoundKind = "absolute"
	Exact    BoundKind = "exact"
	AtMost   BoundKind = "at most"
)

// judge returns the deviation of numbers, and whether it is within the bound.
func (b Bound) judge(expected, measured float64) (deviation float64, ok bool) {
	deviation = measured - expected
	switch b.Kind {
	case Relative:
		if expected == 0 {
			return deviation, deviation == 0
		}
		deviation /= expected
		return deviation, math.Abs(deviation) <= b.Limit
	case Absolute:
		return deviation, math.Abs(deviation) <= b.Limit
	case AtMost:
		return deviation, deviation <= 0
	}
	return deviation, deviation == 0
}

// checks collects the checks of one case.
type checks struct {
	law  string
	list []Check
}

func (r *checks) number(figure string, unit FigureUnit, expected, measured float64, b Bound) {
	c := Check{Law: r.law, Figure: figure, Unit: unit, Expected: expected, Measured: measured, Bound: b}
	c.Deviation, c.OK = b.judge(expected, measured)
	r.list = append(r.list, c)
}

func (r *checks) duration(figure string, expected, measured time.Duration, b Bound) {
	r.number(figure, Nanoseconds, float64(expected), float64(measured), b)
}

func (r *checks) count(figure string, unit FigureUnit, expected, measured uint64) {
	r.number(figure, unit, float64(expected), float64(measured), Bound{Kind: Exact})
}

func (r *checks) text(figure, expected, measured string, ok bool) {
	r.list = append(r.list, Check{
		Law: r.law, Figure: figure, Unit: UnitText, ExpectedText: expected, MeasuredText: measured,
		Bound: Bound{Kind: Exact}, OK: ok,
	})
}

// Missed is the number of checks that miss their bound.
func Missed(checks []Check) (n int) {
	for i := range checks {
		if !checks[i].OK {
			n++
		}
	}
	return n
}

// percentile returns the name of a quantile, such as "p99.9".
func percentile(q float64) string { return fmt.Sprintf("p%.6g", q*100) }
