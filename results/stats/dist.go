package stats

import (
	"fmt"
	"math"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/joust-bench/joust/results"
)

// SamplesBeyond is how many samples must lie beyond a percentile before it may
// be printed (METHOD.md §1).
const SamplesBeyond = 10

// Dist is a decoded distribution of durations in nanoseconds. It is never
// changed after it was made and may be read by several goroutines. It takes
// memory for the values that occur, some tens of kilobytes, not for its range.
type Dist struct {
	// hdr is nil when nothing was counted.
	hdr      *hdrhistogram.PackedHistogram
	count    uint64
	min, max int64
}

// Decode decodes a histogram. A nil histogram, or one that has counted
// nothing, is the empty distribution.
func Decode(h *results.Histogram) (*Dist, error) {
	if h == nil || h.Count == 0 {
		return &Dist{}, nil
	}
	if h.HDRv2 == "" {
		return nil, fmt.Errorf("decode a histogram of %d samples: only their number, extremes and mean were stored", h.Count)
	}
	hdr, err := hdrhistogram.DecodePacked([]byte(h.HDRv2))
	if err != nil {
		return nil, fmt.Errorf("decode a histogram of %d samples: %w (the run's trials.jsonl is damaged)", h.Count, err)
	}
	if got := hdr.TotalCount(); got < 0 || uint64(got) != h.Count {
		return nil, fmt.Errorf("decode a histogram: it says %d samples and holds %d (the run's trials.jsonl is damaged)", h.Count, got)
	}
	if h.MinNS > h.MaxNS {
		return nil, fmt.Errorf("decode a histogram: its smallest value %d ns is above its largest %d ns (the run's trials.jsonl is damaged)", h.MinNS, h.MaxNS)
	}
	return &Dist{hdr: hdr, count: h.Count, min: h.MinNS, max: h.MaxNS}, nil
}

// Count is the number of samples.
func (d *Dist) Count() uint64 { return d.count }

// Max is the largest sample in nanoseconds, 0 when there is none.
func (d *Dist) Max() int64 { return d.max }

// Min is the smallest sample in nanoseconds, 0 when there is none.
func (d *Dist) Min() int64 { return d.min }

// Quantile is the value in nanoseconds below or at which the share q (0 to 1)
// of the samples lies, to the histogram's resolution. It is 0 for an empty
// distribution. It does not ask whether q may be printed: see Supports.
func (d *Dist) Quantile(q float64) int64 {
	if d.count == 0 {
		return 0
	}
	// The histogram answers with the upper end of a bucket, which may lie
	// beyond the largest sample.
	return min(max(d.hdr.ValueAtPercentile(q*100), d.min), d.max)
}

// Supports tells whether at least SamplesBeyond samples lie beyond the
// quantile q, 0 to 1, so that it may be printed.
func (d *Dist) Supports(q float64) bool { return supported(d.count, q) }

// Printed is the quantile q, 0 to 1, of a table that a foreign loader printed,
// in nanoseconds; false where the table does not have it, or too few samples
// are behind it.
func Printed(t *results.Percentiles, q float64) (ns int64, ok bool) {
	ns, ok = t.At(q)
	return ns, ok && supported(t.Samples, q)
}

func supported(samples uint64, q float64) bool {
	// 1 − 0.9999 is a hair below 0.0001 in binary: rounding keeps 100 000
	// samples enough for p99.99.
	beyond := float64(samples) * (1 - q)
	return math.Round(beyond*1e6)/1e6 >= SamplesBeyond
}

// Merge is the distribution of all samples together: for curves and for
// several agents of one trial, never for medians over trials.
func Merge(dists ...*Dist) (*Dist, error) {
	dists = slices.DeleteFunc(slices.Clone(dists), func(d *Dist) bool { return d == nil || d.count == 0 })
	switch len(dists) {
	case 0:
		return &Dist{}, nil
	case 1:
		return dists[0], nil
	}
	first := dists[0]
	out := &Dist{hdr: first.hdr.Clone(), count: first.count, min: first.min, max: first.max}
	for _, d := range dists[1:] {
		if d.hdr.HighestTrackableValue() > out.hdr.HighestTrackableValue() {
			wider := d.hdr.Clone()
			wider.Merge(out.hdr)
			out.hdr = wider
		} else {
			out.hdr.Merge(d.hdr)
		}
		out.count += d.count
		out.min, out.max = min(out.min, d.min), max(out.max, d.max)
		if got := uint64(out.hdr.TotalCount()); got != out.count {
			return nil, fmt.Errorf("merge histograms: %d of %d samples do not fit one range", out.count-got, out.count)
		}
	}
	return out, nil
}
