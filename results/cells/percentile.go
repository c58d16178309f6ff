package cells

import (
	"fmt"
	"math"

	"github.com/joust-bench/joust/results/stats"
)

// Percentile is a percentile over the trials of a cell, in nanoseconds. Its Kind
// is stats.None unless every trial has enough samples: those that have enough are
// the fast ones.
type Percentile struct {
	stats.Estimate
	// Values are those of the trials.
	Values []float64
	// AtLeast is true where unanswered requests could only raise the value.
	AtLeast bool
	// Rough is true where the loader's own lag reaches into the percentile in half
	// of the trials or more.
	Rough bool
}

// Measured reports whether every valid trial has the distribution.
func (c *Cell) Measured(of Latency) bool {
	return len(c.Valid) > 0 && c.count(func(s *Observation) bool { r := s.Distribution(of); return r != nil && r.points != nil }) == len(c.Valid)
}

// Percentile returns the median over the trials of each trial's own percentile at
// the place in Quantiles.
func (c *Cell) Percentile(of Latency, place int) Percentile {
	var values, open []float64
	rough := 0
	for _, s := range c.Valid {
		p := s.Distribution(of).At(place)
		if !p.Printable {
			return Percentile{Estimate: stats.Estimate{Kind: stats.None}}
		}
		x := float64(p.NS)
		values = append(values, x)
		if p.AtLeast {
			x = math.MaxFloat64
		}
		open = append(open, x)
		if p.Rough {
			rough++
		}
	}
	e := stats.Median(values)
	return Percentile{
		Estimate: e, Values: values,
		// A censored trial makes the median a lower bound if a greater value in
		// its place would move the median.
		AtLeast: len(values) > 0 && stats.Median(open).Value != e.Value,
		Rough:   rough > 0 && 2*rough >= len(c.Valid),
	}
}

// Damage describes the cell's stored distributions that could not be read.
func (c *Cell) Damage(of Latency) []string {
	var out []string
	for _, s := range c.Valid {
		if d := s.Distribution(of); d != nil && d.Damaged != nil {
			out = append(out, fmt.Sprintf("trial %d, %s: %v", s.Trial.Index, s.Seen.Name, d.Damaged))
		}
	}
	return out
}
