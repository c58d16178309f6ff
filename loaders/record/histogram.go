// Package record holds the histograms and counters of one loader thread, and
// merges those of several into the words of package results.
package record

import (
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/joust-bench/joust/results"
)

// The range of every histogram is 1 ns to 10 minutes. The precision is 3
// significant digits, about 0.1 %, in 250 KB. The loader's own lags, which are error
// bars, have 2 digits, about 1 %, in 35 KB, and a fifth of the length in a journal.
const (
	lowestNS  = 1
	highestNS = int64(600e9)
	digits    = 3
	lagDigits = 2
)

// Histogram counts durations in nanoseconds. The zero Histogram is ready; it
// takes its memory at the first Record or Reserve. One goroutine may touch it
// at a time.
type Histogram struct {
	h        *hdrhistogram.Histogram
	min, max int64
	// sum is that of all values, for which the library would walk through its counts.
	sum     float64
	clamped uint64
	// coarse gives a histogram the precision of the loader's own lags.
	coarse bool
}

// Reserve takes the histogram's memory now, so that recording never allocates.
func (h *Histogram) Reserve() { h.reserve(digits) }

func (h *Histogram) reserve(digits int) {
	if h.h != nil {
		return
	}
	if h.coarse {
		digits = lagDigits
	}
	h.h = hdrhistogram.New(lowestNS, highestNS, digits)
}

// Record counts one duration in nanoseconds. Values outside the range are
// counted at its end and as clamped.
func (h *Histogram) Record(ns int64) { h.record(ns, digits) }

// recordLag records with the precision of the loader's own lags.
func (h *Histogram) recordLag(ns int64) { h.record(ns, lagDigits) }

// record counts one duration. digits is the precision of an empty histogram.
func (h *Histogram) record(ns int64, digits int) {
	if h.h == nil {
		h.reserve(digits)
	}
	if bounded := min(max(ns, lowestNS), highestNS); bounded != ns {
		if ns != 0 { // which is within the clock's resolution of 1 ns
			h.clamped++
		}
		ns = bounded
	}
	if h.max == 0 || ns < h.min {
		h.min = ns
	}
	h.max = max(h.max, ns)
	h.sum += float64(ns)
	if h.h.RecordValue(ns) != nil {
		h.clamped++
	}
}

// Count returns the number of recorded values.
func (h *Histogram) Count() uint64 {
	if h.h == nil {
		return 0
	}
	return uint64(h.h.TotalCount())
}

// Reset forgets all values and keeps the memory.
func (h *Histogram) Reset() {
	if h.h != nil && h.h.TotalCount() > 0 {
		h.h.Reset()
	}
	h.min, h.max, h.sum, h.clamped = 0, 0, 0, 0
}

// Merge adds the other's values.
func (h *Histogram) Merge(o *Histogram) {
	if o.Count() == 0 {
		return
	}
	h.reserve(int(o.h.SignificantFigures()))
	h.clamped += o.clamped + uint64(h.h.Merge(o.h))
	if h.max == 0 || o.min < h.min {
		h.min = o.min
	}
	h.max = max(h.max, o.max)
	h.sum += o.sum
}

// Result returns the histogram of a report, nil for an empty one.
func (h *Histogram) Result() (*results.Histogram, error) {
	if h.Count() == 0 {
		return nil, nil
	}
	encoded, err := h.h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return nil, fmt.Errorf("encoding a histogram of %d values: %w", h.Count(), err)
	}
	return &results.Histogram{
		Count:   h.Count(),
		MinNS:   h.min,
		MaxNS:   h.max,
		MeanNS:  h.sum / float64(h.Count()),
		Clamped: h.clamped,
		HDRv2:   string(encoded),
	}, nil
}

// decode is the inverse of Result.
func decode(r *results.Histogram) (Histogram, error) {
	if r == nil || r.Count == 0 {
		return Histogram{}, nil
	}
	h, err := hdrhistogram.Decode([]byte(r.HDRv2))
	if err != nil {
		return Histogram{}, fmt.Errorf("decoding a histogram of %d values: %w", r.Count, err)
	}
	return Histogram{h: h, min: r.MinNS, max: r.MaxNS, sum: r.MeanNS * float64(r.Count), clamped: r.Clamped}, nil
}
