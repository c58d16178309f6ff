package record

import (
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/joust-bench/joust/results"
)

// Decode is the inverse of Result: nil is the empty histogram.
func Decode(r *results.Histogram) (Histogram, error) {
	if r == nil || r.Count == 0 {
		return Histogram{}, nil
	}
	h, err := hdrhistogram.Decode([]byte(r.HDRv2))
	if err != nil {
		return Histogram{}, fmt.Errorf("decoding a histogram of %d values: %w", r.Count, err)
	}
	return Histogram{h: h, min: r.MinNS, max: r.MaxNS, sum: r.MeanNS * float64(r.Count), clamped: r.Clamped}, nil
}

// MergeResults is one histogram of the values of all, exact in its counts; nil
// where there are none.
func MergeResults(list ...*results.Histogram) (*results.Histogram, error) {
	var all Histogram
	for _, r := range list {
		h, err := Decode(r)
		if err != nil {
			return nil, err
		}
		all.Merge(&h)
	}
	return all.Result()
}
