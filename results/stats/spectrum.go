package stats

import (
	"fmt"
	"io"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/joust-bench/joust/results"
)

// ticksPerHalf is how many percentiles a spectrum has in each half of the way to 100 %, as
// wrk2 has them.
const ticksPerHalf = 5

// Spectrum writes the percentiles of a histogram with samples in milliseconds, in the text
// form of HdrHistogram. A damaged histogram is an error.
func Spectrum(w io.Writer, h *results.Histogram) error {
	hdr, err := hdrhistogram.Decode([]byte(h.HDRv2))
	if err != nil {
		return fmt.Errorf("decoding the histogram of %d latencies: %w", h.Count, err)
	}
	if _, err := hdr.PercentilesPrint(w, ticksPerHalf, float64(time.Millisecond)); err != nil {
		return fmt.Errorf("writing the distribution of latencies: %w", err)
	}
	return nil
}
