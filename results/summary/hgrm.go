package summary

import (
	"errors"
	"fmt"
	"io"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/joust-bench/joust/results"
)

const (
	// ticksPerHalf is the number of lines for each halving of what is left
	// above a percentile: the usual one of HdrHistogram's tools.
	ticksPerHalf = 5
	// perMillisecond scales nanoseconds.
	perMillisecond = 1e6
)

// ErrNoLatency says that there is no distribution to write.
var ErrNoLatency = errors.New("no request was answered in the window, so there is no distribution of latencies")

// Percentiles writes the distribution of the measured phase's latency in
// milliseconds, in the text form of HdrHistogram: corrected latency of an open
// loop or of users, else service time.
func Percentiles(w io.Writer, r *results.Report) error {
	p := Measured(r)
	if p == nil {
		return ErrNoLatency
	}
	h := latency(p)
	if h == nil || h.Count == 0 {
		return ErrNoLatency
	}
	hdr, err := hdrhistogram.Decode([]byte(h.HDRv2))
	if err != nil {
		return fmt.Errorf("decoding the histogram of %d latencies: %w", h.Count, err)
	}
	if _, err := hdr.PercentilesPrint(w, ticksPerHalf, perMillisecond); err != nil {
		return fmt.Errorf("writing the distribution of latencies: %w", err)
	}
	return nil
}

// latency is what a phase's tail is judged by.
func latency(p *results.Phase) *results.Histogram {
	if p.Loop == results.OpenLoop || p.Total.Corrected != nil {
		return p.Total.Corrected
	}
	return p.Total.Service
}
