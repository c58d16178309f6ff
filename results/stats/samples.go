package stats

import "github.com/HdrHistogram/hdrhistogram-go"

// Sample is a value of a distribution in nanoseconds, to the histogram's resolution, with
// the number of samples that have it.
type Sample struct {
	NS    int64
	Count uint64
}

// Samples returns the values that occur, in rising order; none for an empty distribution.
// No value lies outside the extremes, which are exact.
func (d *Dist) Samples() []Sample {
	if d.count == 0 {
		return nil
	}
	// Only the library's other histogram knows the ends of its buckets.
	dense := hdrhistogram.New(d.hdr.LowestTrackableValue(), d.hdr.HighestTrackableValue(), int(d.hdr.SignificantFigures()))
	d.hdr.MergeInto(dense)
	var all []Sample
	for _, bucket := range dense.Distribution() {
		if bucket.Count > 0 {
			all = append(all, Sample{NS: min(max(bucket.To, d.min), d.max), Count: uint64(bucket.Count)})
		}
	}
	return all
}
