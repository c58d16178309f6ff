package certify

import (
	"fmt"
	"math"
	"time"
)

// Row is one line of a certificate: what follows from a law and what was
// measured.
type Row struct {
	// Law is the case's name, Figure what is compared.
	Law    string `json:"law"`
	Figure string `json:"figure"`
	Unit   Unit   `json:"unit"`
	// Expected and Measured are in the unit; for UnitText the texts say it.
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

// Unit is the unit of a row's numbers.
type Unit string

// The units. UnitText is for figures that are no numbers.
const (
	Nanoseconds Unit = "ns"
	PerSecond   Unit = "req/s"
	Requests    Unit = "requests"
	Connections Unit = "connections"
	Bytes       Unit = "bytes"
	UnitText    Unit = "text"
)

// Bound says which measured values hold.
type Bound struct {
	Kind BoundKind `json:"kind"`
	// Limit is a share (0.02 is 2 %) for Relative, in the row's unit for
	// Absolute, and without a meaning for the others.
	Limit float64 `json:"limit,omitempty"`
}

// BoundKind is how a bound is meant.
type BoundKind string

// The kinds: Exact and the texts must be equal, AtMost must not pass what is
// expected.
const (
	Relative BoundKind = "relative"
	Absolute BoundKind = "absolute"
	Exact    BoundKind = "exact"
	AtMost   BoundKind = "at most"
)

// deviation and ok of numbers under the bound.
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

// rows collects the rows of one case.
type rows struct {
	law  string
	list []Row
}

func (r *rows) number(figure string, unit Unit, expected, measured float64, b Bound) {
	row := Row{Law: r.law, Figure: figure, Unit: unit, Expected: expected, Measured: measured, Bound: b}
	row.Deviation, row.OK = b.judge(expected, measured)
	r.list = append(r.list, row)
}

func (r *rows) duration(figure string, expected, measured time.Duration, b Bound) {
	r.number(figure, Nanoseconds, float64(expected), float64(measured), b)
}

func (r *rows) count(figure string, unit Unit, expected, measured uint64) {
	r.number(figure, unit, float64(expected), float64(measured), Bound{Kind: Exact})
}

func (r *rows) text(figure, expected, measured string, ok bool) {
	r.list = append(r.list, Row{
		Law: r.law, Figure: figure, Unit: UnitText, ExpectedText: expected, MeasuredText: measured,
		Bound: Bound{Kind: Exact}, OK: ok,
	})
}

// percentile names a quantile, such as "p99.9".
func percentile(q float64) string { return fmt.Sprintf("p%.6g", q*100) }
