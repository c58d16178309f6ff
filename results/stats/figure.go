package stats

import (
	"math"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
)

// Figure returns a figure of latency of the distribution, in nanoseconds: the
// extremes and the mean exactly, percentiles and the standard deviation to the
// histogram's resolution. It is 0 for an empty distribution. Enough says whether
// the figure may be printed.
func (d *Dist) Figure(n metric.Name) float64 {
	if d.count == 0 {
		return 0
	}
	switch n {
	case metric.Min:
		return float64(d.min)
	case metric.Max:
		return float64(d.max)
	case metric.Mean:
		return d.mean
	case metric.Stdev:
		return d.hdr.StdDev()
	}
	q, _ := n.Quantile()
	return float64(d.Quantile(q))
}

// Enough reports whether there are samples enough for a figure of latency: those
// of Supports for a percentile, two for the standard deviation, one for the
// extremes and the mean.
func (d *Dist) Enough(n metric.Name) bool { return enough(d.count, n) }

func enough(samples uint64, n metric.Name) bool {
	q, percentile := n.Quantile()
	switch {
	case n == metric.Stdev:
		return samples > 1
	case !percentile || q == 1:
		return samples > 0
	}
	return supported(samples, q)
}

// Printed returns a figure of latency of a table that a foreign loader printed;
// false where the table does not have it, or has too few samples.
func Printed(t *results.Percentiles, n metric.Name) (ns float64, ok bool) {
	switch {
	case n == metric.Mean && t.MeanNS != nil:
		return *t.MeanNS, true
	case n == metric.Stdev && t.StdevNS != nil:
		return *t.StdevNS, true
	case n == metric.Min && t.MinNS != nil:
		return float64(*t.MinNS), true
	case n == metric.Max && t.MaxNS != nil:
		return float64(*t.MaxNS), true
	}
	if q, percentile := n.Quantile(); percentile {
		at, printed := t.At(q)
		return float64(at), printed && enough(t.Samples, n)
	}
	return 0, false
}

// Reach returns the loader's largest lag in a figure of latency, whose value is
// given in nanoseconds. A lag that is always the same moves a mean and no standard
// deviation.
func (b ErrorBars) Reach(n metric.Name, latencyNS float64) LoaderLag {
	if q, percentile := n.Quantile(); percentile {
		return b.At(q, int64(latencyNS))
	}
	if n == metric.Min {
		return b.At(0, int64(latencyNS))
	}
	stalls := stallNS * b.stalled
	if n == metric.Stdev {
		stalls = stallNS * math.Sqrt(b.stalled*(1-b.stalled))
	}
	return b.largest(latencyNS, func(d *Dist) float64 {
		if d == nil || d.count <= SamplesBeyond {
			return 0
		}
		return d.Figure(n)
	}, stalls)
}

// Raising is the effect that greater values of some samples have on a figure.
type Raising int

// The effects.
const (
	NotRaised Raising = iota
	Raised
	// EitherWay is the effect on a standard deviation, which may grow or shrink.
	EitherWay
)

// Raised returns the effect on a figure of latency if the samples from fromNS
// nanoseconds on were greater than they are; 0 stands for no such samples. They
// raise a standard deviation only if they all lie beyond the mean.
func (d *Dist) Raised(n metric.Name, fromNS float64) Raising {
	switch {
	case fromNS <= 0 || d.count == 0:
		return NotRaised
	case n == metric.Mean, n == metric.Stdev && fromNS >= d.mean:
		return Raised
	case n == metric.Stdev:
		return EitherWay
	case d.Figure(n) >= fromNS:
		return Raised
	}
	return NotRaised
}
