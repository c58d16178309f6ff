package cells

import (
	"errors"
	"fmt"
	"math"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// Quantile is one percentile that tables show.
type Quantile struct {
	Label string
	// Q is 0 to 1; 1 is the largest value.
	Q float64
}

// Quantiles returns the quantiles that tables show, in rising order. Other
// functions name a quantile by its place here.
func Quantiles() []Quantile {
	return []Quantile{
		{"p50", 0.5}, {"p75", 0.75}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}, {"max", 1},
	}
}

// The places in Quantiles that other code names.
const (
	P50  = 0
	P99  = 3
	P999 = 4
)

// Latency names one of a phase's distributions.
type Latency int

// The distributions: latency from the intended send, from the actual send, and
// the loader's own lags.
const (
	Corrected Latency = iota
	Service
	SendLag
	ReceiveLag
	// Latencies is their number.
	Latencies
)

// of picks the distribution: samples, or the table that a foreign loader
// printed.
func (l Latency) of(p *results.Phase) (*results.Histogram, *results.Percentiles) {
	switch l {
	case Corrected:
		return p.Total.Corrected, p.Total.CorrectedTable
	case Service:
		return p.Total.Service, p.Total.ServiceTable
	case SendLag:
		return p.SendLagIdle, nil
	}
	return p.ReceiveLag, nil
}

// lowerBoundsFrom returns the value in nanoseconds from which percentiles are
// lower bounds, since requests without an answer stand there; 0 for none. The
// service times of an open loop are of answers only.
func (l Latency) lowerBoundsFrom(p *results.Phase) int64 {
	if l > Service || l == Service && p.Loop == results.OpenLoop {
		return 0
	}
	return p.LowerBoundsFromNS()
}

// Distribution is one distribution of a phase, in percentiles.
type Distribution struct {
	// Count is the number of samples.
	Count uint64
	// MeanNS is absent without samples, and where a foreign loader did not print
	// it.
	MeanNS *float64
	// MeanAtLeast is true where unanswered requests could only raise the mean.
	MeanAtLeast bool
	// Damaged says why the stored data could not be read.
	Damaged error
	// points are in the order of Quantiles; none where the samples are damaged.
	points []Point
}

// Point is one percentile of a distribution, in nanoseconds.
type Point struct {
	NS int64
	// Printable is true where enough samples lie beyond the percentile.
	Printable bool
	Marks
}

// Marks say how far a percentile may be believed.
type Marks struct {
	// AtLeast is true where unanswered requests could only raise the value.
	AtLeast bool
	// Rough is true where the loader's own lag reaches into the percentile; of
	// several trials, into half of them or more.
	Rough bool
}

// Distributions are those of one phase by Latency; nil where not measured. A
// closed loop without users has Service only.
type Distributions [Latencies]*Distribution

// Read reads the distributions of one phase; none for nil.
func Read(limits results.Thresholds, load *results.Phase) (out Distributions) {
	if load == nil {
		return out
	}
	var dists [Latencies]*stats.Dist
	intended := load.Loop == results.OpenLoop || load.Total.Corrected != nil
	for l := range Latencies {
		if l == Service || intended {
			out[l], dists[l] = l.decode(load)
		}
	}
	bars := stats.BarsOf(limits, dists[SendLag], dists[ReceiveLag], load)
	for l, d := range dists {
		if d == nil {
			continue
		}
		of, reach := Latency(l), stats.ErrorBars{}
		switch of {
		case Corrected:
			reach = bars
		case Service: // a late send is no part of service time
			reach = bars.AfterSending()
		}
		out[l].summarise(d, of.lowerBoundsFrom(load), reach)
	}
	for _, l := range []Latency{SendLag, ReceiveLag} {
		// A lag that cannot be read leaves marks out of the corrected latency.
		if lag := out[l]; lag != nil && lag.Damaged != nil && out[Corrected] != nil {
			out[Corrected].Damaged = errors.Join(out[Corrected].Damaged, lag.Damaged)
		}
	}
	return out
}

// decode returns the distribution and its samples. There are no samples where a
// foreign loader printed a table, or the data is damaged.
func (l Latency) decode(load *results.Phase) (*Distribution, *stats.Dist) {
	h, table := l.of(load)
	switch {
	case table != nil:
		return printed(table), nil
	case h == nil:
		return nil, nil
	}
	dist, err := stats.Decode(h)
	if err != nil {
		return &Distribution{Damaged: err}, nil
	}
	d := &Distribution{Count: dist.Count()}
	if d.Count > 0 {
		d.MeanNS = new(h.MeanNS)
	}
	return d, dist
}

// summarise reads the percentiles off the samples. From lowerBoundsFrom
// nanoseconds on they are lower bounds; 0 for none.
func (d *Distribution) summarise(dist *stats.Dist, lowerBoundsFrom int64, bars stats.ErrorBars) {
	d.MeanAtLeast = lowerBoundsFrom > 0
	for _, q := range Quantiles() {
		p := Point{NS: dist.Quantile(q.Q), Printable: dist.Supports(q.Q)}
		if q.Q == 1 {
			// The largest sample needs none beyond it.
			p.NS, p.Printable = dist.Max(), d.Count > 0
		}
		p.AtLeast = lowerBoundsFrom > 0 && p.NS >= lowerBoundsFrom
		p.Rough = bars.At(q.Q, p.NS).Exceeds()
		d.points = append(d.points, p)
	}
}

// Plain reads one histogram without marks; nil where it was not measured.
func Plain(h *results.Histogram) *Distribution {
	d, dist := ReceiveLag.decode(&results.Phase{ReceiveLag: h})
	if dist != nil {
		d.summarise(dist, 0, stats.ErrorBars{})
	}
	return d
}

// printed reads a table that a foreign loader printed; it has nothing between
// its rows.
func printed(t *results.Percentiles) *Distribution {
	d := &Distribution{Count: t.Samples, MeanNS: t.MeanNS}
	for _, q := range Quantiles() {
		ns, ok := stats.Printed(t, q.Q)
		if q.Q == 1 && t.MaxNS != nil {
			ns, ok = *t.MaxNS, true
		}
		d.points = append(d.points, Point{NS: ns, Printable: ok})
	}
	return d
}

// At returns the percentile at the place in Quantiles; not printable where the
// samples are damaged or were not measured.
func (d *Distribution) At(place int) Point {
	if d == nil || d.points == nil {
		return Point{}
	}
	return d.points[place]
}

// Percentile is a percentile over the trials of a cell, in nanoseconds. Its Kind
// is stats.None unless every trial has enough samples: those that have enough are
// the fast ones.
type Percentile struct {
	stats.Estimate
	// Values are those of the trials.
	Values []float64
	Marks
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
	// A censored trial makes the median a lower bound if a greater value in its
	// place would move the median.
	atLeast := len(values) > 0 && stats.Median(open).Value != e.Value
	return Percentile{e, values, Marks{atLeast, rough > 0 && 2*rough >= len(c.Valid)}}
}

// Damage describes the cell's stored distributions that could not be read.
func (c *Cell) Damage(of Latency) []string {
	var out []string
	for _, s := range c.Valid {
		if d := s.Distribution(of); d != nil && d.Damaged != nil {
			out = append(out, fmt.Sprintf("trial %d, %s: %v", s.Trial.Index, s.Phase.Name, d.Damaged))
		}
	}
	return out
}
