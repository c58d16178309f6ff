package matrix

import (
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// digest keeps of a distribution what tables print. Distributions are large
// and slow to decode, and several tables ask for the same one.
type digest struct {
	count uint64
	// at has one entry for each column of tail, in its order.
	at []quantile
}

// quantile is a value in nanoseconds, and whether it may be printed.
type quantile struct {
	ns        int64
	supported bool
}

// digestOf decodes the histograms of all agents of one trial.
func digestOf(parts []*results.Histogram) (*digest, error) {
	dists := make([]*stats.Dist, len(parts))
	for i, h := range parts {
		var err error
		if dists[i], err = stats.Decode(h); err != nil {
			return nil, err
		}
	}
	d := dists[0]
	if len(dists) > 1 {
		var err error
		if d, err = stats.Merge(dists...); err != nil {
			return nil, err
		}
	}
	out := &digest{count: d.Count()}
	for _, c := range tail() {
		if c.q == 1 {
			// The largest sample needs none beyond it.
			out.at = append(out.at, quantile{d.Max(), d.Count() > 0})
			continue
		}
		out.at = append(out.at, quantile{d.Quantile(c.q), d.Supports(c.q)})
	}
	return out, nil
}

// printed is what a table that a foreign loader printed tells: no percentile
// between its rows.
func printed(t *results.Percentiles) *digest {
	out := &digest{count: t.Samples}
	for _, c := range tail() {
		ns, ok := stats.Printed(t, c.q)
		if c.q == 1 && t.MaxNS != nil {
			ns, ok = *t.MaxNS, true
		}
		out.at = append(out.at, quantile{ns, ok})
	}
	return out
}

// quantile is the value at the column c of tail.
func (d *digest) quantile(c int) quantile { return d.at[c] }
