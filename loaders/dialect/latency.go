package dialect

import (
	"math"
	"slices"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
)

// latency is a distribution of durations in nanoseconds. All of its figures are 0 where
// it has no values.
type latency struct {
	// samples are the values in rising order, n is their number.
	samples []stats.Sample
	n       uint64
	// low, high and mean are exact; spread is the standard deviation of the values
	// themselves.
	low, high, mean, spread float64
}

// latencyOf reads a histogram; nil has no values.
func latencyOf(h *results.Histogram) (latency, error) {
	d, err := stats.Decode(h)
	if err != nil {
		return latency{}, err
	}
	samples := d.Samples()
	if len(samples) > 0 { // the end of its bucket lies beyond the least value
		samples[0].NS = int64(d.Figure(metric.Min))
	}
	return latency{
		samples: samples, n: d.Count(),
		low: d.Figure(metric.Min), high: d.Figure(metric.Max), mean: d.Figure(metric.Mean), spread: d.Figure(metric.Stdev),
	}, nil
}

// stdev returns the standard deviation of a sample, which divides by one less than the
// number of values.
func (l latency) stdev() float64 {
	if l.n < 2 {
		return 0
	}
	return l.spread * math.Sqrt(float64(l.n)/float64(l.n-1))
}

// at returns the value of the rank, which counts from 0 in rising order; the last value
// beyond it.
func (l latency) at(rank uint64) float64 {
	var below uint64
	for _, s := range l.samples {
		if below += s.Count; below > rank {
			return float64(s.NS)
		}
	}
	return l.high
}

// percentile returns the least value that at least the share, in percent, of all values
// does not exceed.
func (l latency) percentile(percent float64) float64 {
	rank := uint64(math.Ceil(percent / 100 * float64(l.n)))
	return l.at(max(rank, 1) - 1)
}

// within returns the share, in percent, of the values from low to high.
func (l latency) within(low, high float64) float64 {
	var n uint64
	for _, s := range l.samples {
		if ns := float64(s.NS); ns >= low && ns <= high {
			n += s.Count
		}
	}
	return float64(n) / float64(max(1, l.n)) * 100
}

// upTo counts the values by the first of the rising bounds that they do not exceed;
// greater ones count for the last bound.
func (l latency) upTo(bounds []float64) []uint64 {
	counts := make([]uint64, len(bounds))
	at := 0
	for _, s := range l.samples {
		for at < len(bounds)-1 && float64(s.NS) > bounds[at] {
			at++
		}
		counts[at] += s.Count
	}
	return counts
}

// withZeros returns the distribution with as many zeros that it has n values; itself
// where it has as many.
func (l latency) withZeros(n uint64) latency {
	if l.n >= n {
		return l
	}
	share := float64(l.n) / float64(n)
	squares := (l.spread*l.spread + l.mean*l.mean) * share // the mean square of all values
	all := latency{n: n, high: l.high, mean: l.mean * share}
	all.spread = math.Sqrt(max(0, squares-all.mean*all.mean))
	all.samples = slices.Concat([]stats.Sample{{Count: n - l.n}}, l.samples)
	return all
}

// steps are where the time of the answers went. Those that the report does not have are
// empty.
type steps struct {
	lookup, connect, handshake, write, wait, transfer, total latency
	// fresh and reused are the numbers of requests on new connections and on others.
	fresh, reused uint64
}

// stepsOf reads the breakdown of a phase; a report without one has no steps.
func stepsOf(b *results.Breakdown) (s steps, err error) {
	if b == nil {
		return s, nil
	}
	s.fresh, s.reused = b.NewConnections, b.ReusedConnections
	for _, x := range []struct {
		to *latency
		of *results.Histogram
	}{
		{&s.lookup, b.Lookup}, {&s.connect, b.Connect}, {&s.handshake, b.TLSHandshake}, {&s.write, b.Write},
		{&s.wait, b.Wait}, {&s.transfer, b.Transfer}, {&s.total, b.Total},
	} {
		if *x.to, err = latencyOf(x.of); err != nil {
			return s, err
		}
	}
	return s, nil
}
