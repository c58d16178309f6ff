package stats

import (
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/joust-bench/joust/results"
)

// Within returns, for each of the values in nanoseconds, the number of samples at or
// below it. The values must rise. It agrees with Quantile: the share q of the samples
// lies within a value where Quantile(q) does.
func (d *Dist) Within(values []int64) []uint64 {
	counts := make([]uint64, len(values))
	if d.count == 0 {
		return counts
	}
	// Only the library's other histogram knows the ends of its buckets.
	dense := hdrhistogram.New(d.hdr.LowestTrackableValue(), d.hdr.HighestTrackableValue(), int(d.hdr.SignificantFigures()))
	d.hdr.MergeInto(dense)
	next, below := 0, uint64(0)
	for _, bucket := range dense.Distribution() {
		end := min(max(bucket.To, d.min), d.max)
		for next < len(values) && values[next] < end {
			counts[next] = below
			next++
		}
		below += uint64(bucket.Count)
	}
	for ; next < len(values); next++ {
		counts[next] = below
	}
	return counts
}

// Merged decodes histograms and returns the distribution of all their samples.
func Merged(list ...*results.Histogram) (*Dist, error) {
	all := &Dist{}
	for _, h := range list {
		d, err := Decode(h)
		if err != nil {
			return nil, err
		}
		switch {
		case d.count == 0:
			continue
		case all.count == 0:
			all = d
			continue
		}
		if lost := all.hdr.Merge(d.hdr); lost > 0 {
			return nil, fmt.Errorf("merge histograms: %d of %d samples lie beyond the range of the first", lost, d.count)
		}
		sum := all.mean*float64(all.count) + d.mean*float64(d.count)
		all.count += d.count
		all.mean, all.min, all.max = sum/float64(all.count), min(all.min, d.min), max(all.max, d.max)
	}
	return all, nil
}
