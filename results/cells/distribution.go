package cells

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
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

// Distribution is one distribution of a phase, in figures of latency.
type Distribution struct {
	// Count is the number of samples.
	Count uint64
	// Damaged says why the stored data could not be read.
	Damaged error
	// points are nil where the samples are damaged.
	points map[metric.Name]Point
}

// Point is one figure of a distribution.
type Point struct {
	// NS is the value in nanoseconds. It is there, and not Printable, where too few
	// samples lie beyond a percentile.
	NS float64
	// Printable is true where the samples are enough for the figure.
	Printable bool
	Marks
}

// Marks say how far a figure may be believed.
type Marks struct {
	// AtLeast is true where unanswered requests could only raise the value.
	AtLeast bool
	// Rough is true where the loader's own lag reaches into the figure; of
	// several trials, into half of them or more.
	Rough bool
}

// Distributions are those of one phase by Latency; nil where not measured. A
// closed loop without users has Service only.
type Distributions [Latencies]*Distribution

// Read reads the distributions of one phase; none for nil. They have the figures of
// metric.Latencies, and the reader's own percentiles.
func Read(limits results.Thresholds, load *results.Phase, own ...metric.Name) (out Distributions) {
	if load == nil {
		return out
	}
	var dists [Latencies]*stats.Dist
	intended := load.Loop == results.OpenLoop || load.Total.Corrected != nil
	for l := range Latencies {
		if l == Service || intended {
			out[l], dists[l] = l.decode(load, own)
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
		out[l].summarise(d, of.lowerBoundsFrom(load), reach, own)
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
func (l Latency) decode(load *results.Phase, own []metric.Name) (*Distribution, *stats.Dist) {
	h, table := l.of(load)
	switch {
	case table != nil:
		return printed(table, own), nil
	case h == nil:
		return nil, nil
	}
	dist, err := stats.Decode(h)
	if err != nil {
		return &Distribution{Damaged: err}, nil
	}
	return &Distribution{Count: dist.Count()}, dist
}

// summarise reads the figures off the samples. From lowerBoundsFrom nanoseconds on
// samples are lower bounds; 0 for none.
func (d *Distribution) summarise(dist *stats.Dist, lowerBoundsFrom int64, bars stats.ErrorBars, own []metric.Name) {
	d.points = map[metric.Name]Point{}
	for _, n := range slices.Concat(metric.Latencies(), own) {
		raised := dist.Raised(n, float64(lowerBoundsFrom))
		p := Point{NS: dist.Figure(n), Printable: dist.Enough(n) && raised != stats.EitherWay}
		p.AtLeast, p.Rough = raised == stats.Raised, bars.Reach(n, p.NS).Exceeds()
		d.points[n] = p
	}
}

// Plain reads one histogram without marks; nil where it was not measured.
func Plain(h *results.Histogram, own ...metric.Name) *Distribution {
	d, dist := ReceiveLag.decode(&results.Phase{ReceiveLag: h}, own)
	if dist != nil {
		d.summarise(dist, 0, stats.ErrorBars{}, own)
	}
	return d
}

// Together reads the samples of several histograms as one distribution, without marks;
// nil where none has samples.
func Together(list []*results.Histogram, own ...metric.Name) *Distribution {
	dist, err := stats.Merged(list...)
	switch {
	case err != nil:
		return &Distribution{Damaged: err}
	case dist.Count() == 0:
		return nil
	}
	d := &Distribution{Count: dist.Count()}
	d.summarise(dist, 0, stats.ErrorBars{}, own)
	return d
}

// printed reads a table that a foreign loader printed; it has nothing between
// its rows.
func printed(t *results.Percentiles, own []metric.Name) *Distribution {
	d := &Distribution{Count: t.Samples, points: map[metric.Name]Point{}}
	for _, n := range slices.Concat(metric.Latencies(), own) {
		ns, ok := stats.Printed(t, n)
		d.points[n] = Point{NS: ns, Printable: ok}
	}
	return d
}

// At returns a figure of latency; not printable where the samples are damaged,
// were not measured, or were not read for that percentile.
func (d *Distribution) At(n metric.Name) Point {
	if d == nil {
		return Point{}
	}
	return d.points[n]
}

// Statistic is a figure over the trials of a cell, of latency in nanoseconds. Its
// Kind is stats.None unless every trial has enough samples: those that have enough
// are the fast ones.
type Statistic struct {
	stats.Estimate
	// Values are those of the trials.
	Values []float64
	Marks
}

// Measured reports whether every valid trial has the distribution.
func (c *Cell) Measured(of Latency) bool {
	return len(c.Valid) > 0 && c.count(func(s *Observation) bool { r := s.Distribution(of); return r != nil && r.points != nil }) == len(c.Valid)
}

// Statistic returns the median over the trials of each trial's own figure of
// latency.
func (c *Cell) Statistic(of Latency, n metric.Name) Statistic {
	var values, open []float64
	rough := 0
	for _, s := range c.Valid {
		p := s.Distribution(of).At(n)
		if !p.Printable {
			return Statistic{Estimate: stats.Estimate{Kind: stats.None}}
		}
		x := p.NS
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
	return Statistic{e, values, Marks{atLeast, rough > 0 && 2*rough >= len(c.Valid)}}
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
