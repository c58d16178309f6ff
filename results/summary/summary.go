// Package summary prints the report of one load: as text for people, as JSON for
// programs, and as the percentile distribution that HdrHistogram's plotters read.
// All are pure functions of a results.Report.
package summary

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/joust-bench/joust/results"
)

// Document is the JSON form of one load. Its head is the measured phase.
type Document struct {
	// Schema is results.Schema.
	Schema int `json:"schema"`
	// Requests counts right answers inside the window.
	Requests uint64 `json:"requests"`
	// DurationNS is the length of the window in nanoseconds.
	DurationNS int64 `json:"duration_ns"`
	// ThroughputRPS is Requests per second of the window.
	ThroughputRPS float64 `json:"throughput_rps"`
	// Errors counts failed requests of any cause, in the window and around it.
	Errors uint64         `json:"errors"`
	Report results.Report `json:"report"`
}

// Measured returns the first measured phase of a report, or nil.
func Measured(r *results.Report) *results.Phase {
	for i := range r.Phases {
		if p := &r.Phases[i]; p.Measured && p.Skipped == "" {
			return p
		}
	}
	return nil
}

// JSON writes the report as one Document.
func JSON(w io.Writer, r results.Report) error {
	d := Document{Schema: results.Schema, Report: r}
	if p := Measured(&r); p != nil {
		d.Requests, d.DurationNS, d.ThroughputRPS = p.Total.Completed, p.WindowNS(), p.ThroughputRPS()
		d.Errors = p.Failures()
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(d); err != nil {
		return fmt.Errorf("writing the report as JSON: %w", err)
	}
	return nil
}

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
