// Package stats turns the measurements of trials into figures that may be
// printed: histograms decoded into distributions; medians over trials with their
// order-statistic interval, or with their range for few trials; and the claims
// that differences between cells allow: rank tests, ratios, noise bands, and the
// smallest detectable difference. Latencies are nanoseconds; other values keep
// their unit. Every function is pure: simulations have a fixed seed.
package stats

import (
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/joust-bench/joust/results"
)

// SamplesBeyond is the least number of samples beyond a printed percentile.
const SamplesBeyond = 10

// Dist is a decoded distribution of durations in nanoseconds. It never changes and
// may be read by several goroutines. It takes memory for the values that occur,
// some tens of kilobytes, not for its range.
type Dist struct {
	// hdr is nil when nothing was counted.
	hdr      *hdrhistogram.PackedHistogram
	count    uint64
	min, max int64
	mean     float64
}

// Decode decodes a histogram. A nil or empty histogram is the empty distribution.
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
	return &Dist{hdr: hdr, count: h.Count, min: h.MinNS, max: h.MaxNS, mean: h.MeanNS}, nil
}

// Count returns the number of samples.
func (d *Dist) Count() uint64 { return d.count }

// Max returns the largest sample in nanoseconds, 0 for none.
func (d *Dist) Max() int64 { return d.max }

// Quantile returns the value in nanoseconds below or at which the share q (0 to
// 1) of the samples lies, to the histogram's resolution; 0 for an empty
// distribution. Supports says whether it may be printed.
func (d *Dist) Quantile(q float64) int64 {
	if d.count == 0 {
		return 0
	}
	// The upper end of a bucket may lie beyond the largest sample.
	return min(max(d.hdr.ValueAtPercentile(q*100), d.min), d.max)
}

// Supports reports whether SamplesBeyond samples lie beyond the quantile q, on its
// shorter side.
func (d *Dist) Supports(q float64) bool { return supported(d.count, q) }

func supported(samples uint64, q float64) bool {
	// 1 − 0.9999 is a hair below 0.0001 in binary, and 100 000 samples are
	// enough for p99.99.
	return float64(samples)*min(q, 1-q) >= SamplesBeyond-5e-7
}
