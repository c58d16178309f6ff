package cells

import (
	"errors"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// Quantile is one percentile that tables show.
type Quantile struct {
	Label string
	// Q is 0 to 1; 1 is the largest value.
	Q float64
}

// Quantiles are those that tables show, in rising order. Readings are asked by
// their place here.
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
	latencies
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

// lowerBoundsFrom is the value in nanoseconds from which percentiles are lower
// bounds, since requests without an answer stand there; 0 for none. The service
// times of an open loop hold answers alone.
func (l Latency) lowerBoundsFrom(loads []*results.Phase) (from int64) {
	for _, p := range loads {
		if l > Service || l == Service && p.Loop == results.OpenLoop {
			continue
		}
		if x := p.LowerBoundsFromNS(); x > 0 && (from == 0 || x < from) {
			from = x
		}
	}
	return from
}

// Reading is what one distribution of a phase says, over all loaders of its
// trial.
type Reading struct {
	// Count is the number of samples.
	Count uint64
	// MeanNS is absent without samples, and where a foreign loader did not print
	// it. MeanAtLeast: unanswered requests could only raise it.
	MeanNS      *float64
	MeanAtLeast bool
	// Damaged says what of the stored data could not be read.
	Damaged error
	// points are in the order of Quantiles; none where the samples are damaged.
	points []Point
}

// Point is one percentile of a reading, in nanoseconds.
type Point struct {
	NS int64
	// Printable: enough samples lie beyond it.
	Printable bool
	// AtLeast: unanswered requests could only raise it. Rough: the loader's own
	// lag reaches into it.
	AtLeast, Rough bool
}

// Readings are the distributions of one phase by Latency; nil where not
// measured. A closed loop without users has no others than Service.
type Readings [latencies]*Reading

// Read reads the distributions of one phase as each loader of the trial saw it.
// Each histogram is decoded once.
func Read(limits results.Thresholds, loads ...*results.Phase) (out Readings) {
	var dists [latencies]*stats.Dist
	intended := len(loads) > 0 && (loads[0].Loop == results.OpenLoop || loads[0].Total.Corrected != nil)
	for l := range latencies {
		if l == Service || intended {
			out[l], dists[l] = l.decode(loads)
		}
	}
	bars := stats.BarsOf(limits, dists[SendLag], dists[ReceiveLag], loads...)
	for l, d := range dists {
		if d == nil {
			continue
		}
		of, reach := Latency(l), stats.ErrorBars{}
		switch of {
		case Corrected:
			reach = bars
		case Service: // a late send is no part of it
			reach = bars.AfterSending()
		}
		out[l].read(d, of.lowerBoundsFrom(loads), reach)
	}
	for _, l := range []Latency{SendLag, ReceiveLag} {
		// Marks that could not be made are missing from what carries them.
		if lag := out[l]; lag != nil && lag.Damaged != nil && out[Corrected] != nil {
			out[Corrected].Damaged = errors.Join(out[Corrected].Damaged, lag.Damaged)
		}
	}
	return out
}

// decode is the distribution over all loaders; the reading alone where a foreign
// loader printed a table, or the samples are damaged.
func (l Latency) decode(loads []*results.Phase) (*Reading, *stats.Dist) {
	var dists []*stats.Dist
	r, sum := &Reading{}, 0.0
	for _, p := range loads {
		h, table := l.of(p)
		if table != nil {
			return printed(table), nil // a foreign loader is alone
		}
		if h == nil {
			continue
		}
		d, err := stats.Decode(h)
		if err != nil {
			r.Damaged = err
			return r, nil
		}
		dists, sum = append(dists, d), sum+h.MeanNS*float64(h.Count)
	}
	if len(dists) == 0 {
		return nil, nil
	}
	d := dists[0]
	if len(dists) > 1 {
		if d, r.Damaged = stats.Merge(dists...); r.Damaged != nil {
			return r, nil
		}
	}
	if r.Count = d.Count(); r.Count > 0 {
		mean := sum / float64(r.Count)
		r.MeanNS = &mean
	}
	return r, d
}

// read takes the percentiles: from is the value in nanoseconds from which they
// are lower bounds, 0 for none.
func (r *Reading) read(d *stats.Dist, from int64, bars stats.ErrorBars) {
	r.MeanAtLeast = from > 0
	for _, q := range Quantiles() {
		p := Point{NS: d.Quantile(q.Q), Printable: d.Supports(q.Q)}
		if q.Q == 1 {
			// The largest sample needs none beyond it.
			p.NS, p.Printable = d.Max(), r.Count > 0
		}
		p.AtLeast = from > 0 && p.NS >= from
		p.Rough = bars.At(q.Q, p.NS).Exceeds()
		r.points = append(r.points, p)
	}
}

// Plain is the reading of one histogram on which no marks stand; nil where it
// was not measured.
func Plain(h *results.Histogram) *Reading {
	r, d := ReceiveLag.decode([]*results.Phase{{ReceiveLag: h}})
	if d != nil {
		r.read(d, 0, stats.ErrorBars{})
	}
	return r
}

// printed is what a table says that a foreign loader printed: nothing between
// its rows.
func printed(t *results.Percentiles) *Reading {
	r := &Reading{Count: t.Samples, MeanNS: t.MeanNS}
	for _, q := range Quantiles() {
		ns, ok := stats.Printed(t, q.Q)
		if q.Q == 1 && t.MaxNS != nil {
			ns, ok = *t.MaxNS, true
		}
		r.points = append(r.points, Point{NS: ns, Printable: ok})
	}
	return r
}

// At is the percentile at the place in Quantiles; not printable where the
// samples are damaged or were not measured.
func (r *Reading) At(place int) Point {
	if r == nil || r.points == nil {
		return Point{}
	}
	return r.points[place]
}
