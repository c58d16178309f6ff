package summary

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/joust-bench/joust/results"
)

// ticksPerHalf is the number of lines for each halving of the share above a
// percentile, as in HdrHistogram's own tools.
const ticksPerHalf = 5

// ErrNoLatency is the error for a report without latencies.
var ErrNoLatency = errors.New("no request was answered in the window, so there is no distribution of latencies")

// Percentiles writes the distribution of the measured phase's latency in
// milliseconds, in the text form of HdrHistogram: corrected latency of an open
// loop or of users, else service time.
func Percentiles(w io.Writer, r *results.Report) error {
	p := Measured(r)
	if p == nil {
		return ErrNoLatency
	}
	h := p.Total.Service
	if p.Loop == results.OpenLoop || p.Total.Corrected != nil {
		h = p.Total.Corrected
	}
	if h == nil || h.Count == 0 {
		return ErrNoLatency
	}
	hdr, err := hdrhistogram.Decode([]byte(h.HDRv2))
	if err != nil {
		return fmt.Errorf("decoding the histogram of %d latencies: %w", h.Count, err)
	}
	if _, err := hdr.PercentilesPrint(w, ticksPerHalf, float64(time.Millisecond)); err != nil {
		return fmt.Errorf("writing the distribution of latencies: %w", err)
	}
	return nil
}
