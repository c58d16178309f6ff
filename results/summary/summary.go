// Package summary prints the report of one load: as text for people, as JSON for
// programs, and as the percentile distribution that HdrHistogram's plotters read.
// All are pure functions of a results.Report.
package summary

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
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
	Errors uint64 `json:"errors"`
	// Latency is what the load is about: from the intended send in an open loop and
	// with users, else from the actual send. Absent where nothing was answered.
	Latency *Latency `json:"latency,omitempty"`
	// Distributions are all others: service time, the time of failed requests, and
	// the loader's own lags, each absent without samples.
	Distributions map[string]Latency `json:"distributions,omitempty"`
	// Breakdown is where the time of right answers went; absent where nobody asked.
	Breakdown *Breakdown `json:"breakdown,omitempty"`
	// Segments are the parts of the window, in the order of time; absent where the load was
	// not measured over time.
	Segments []Segment `json:"segments,omitempty"`
	// Groups are the figures of each group of requests by its name; absent where there is
	// one.
	Groups  map[string]Group `json:"groups,omitempty"`
	Verdict results.Verdict  `json:"verdict"`
	// Thresholds are absent where none were asked for.
	Thresholds []Threshold    `json:"thresholds,omitempty"`
	Report     results.Report `json:"report"`
}

// Latency is a distribution in plain numbers of nanoseconds. The report has its
// histogram.
type Latency struct {
	// Of is "corrected", "service", "failed", "receive_lag", "send_lag_idle" or
	// "send_lag_blocked"; in a breakdown the name of the step.
	Of      string `json:"of"`
	Samples uint64 `json:"samples"`
	// PercentilesNS are by name, such as "p99.9".
	PercentilesNS map[metric.Name]int64 `json:"percentiles_ns"`
	MinNS         int64                 `json:"min_ns"`
	MaxNS         int64                 `json:"max_ns"`
	MeanNS        float64               `json:"mean_ns"`
	// StdevNS is absent where it is not known: for one sample, and where
	// unanswered requests might raise or lower it.
	StdevNS *float64 `json:"stdev_ns,omitempty"`
	// AtLeast names the figures that unanswered requests could only raise, Rough
	// those into which the loader's own lag reaches, and Few the percentiles with
	// fewer than ten samples beyond.
	AtLeast []metric.Name `json:"at_least,omitempty"`
	Rough   []metric.Name `json:"rough,omitempty"`
	Few     []metric.Name `json:"few_samples,omitempty"`
}

// Segment is one part of the window.
type Segment struct {
	// FromNS and ToNS count from the opening of the window.
	FromNS int64 `json:"from_ns"`
	ToNS   int64 `json:"to_ns"`
	// Requests counts right answers that ended in the segment, Errors failed requests.
	Requests      uint64  `json:"requests"`
	Errors        uint64  `json:"errors"`
	ThroughputRPS float64 `json:"throughput_rps"`
	// Offered counts requests that were due in the segment; absent in a closed loop.
	Offered *uint64 `json:"offered,omitempty"`
	// Users is the number of users who had started by its end; absent without users.
	Users *int `json:"users,omitempty"`
	// Latency is that of the right answers that ended in the segment; absent without any.
	Latency *Latency `json:"latency,omitempty"`
}

// JSON writes the report as one Document. A damaged histogram is an error.
func JSON(w io.Writer, r results.Report, o Options) error {
	l, err := read(&r, o)
	if err != nil {
		return err
	}
	d := Document{Schema: results.Schema, Report: r, Verdict: l.verdict, Thresholds: l.thresholds()}
	d.Verdict.Reasons = reasons(&r, l.verdict)
	if p := l.phase; p != nil {
		d.Requests, d.DurationNS, d.ThroughputRPS = p.Total.Completed, p.WindowNS(), p.ThroughputRPS()
		d.Errors = p.Failures()
	}
	if d.Groups, err = l.byGroup(); err != nil {
		return err
	}
	if d.Segments, err = l.segments(); err != nil {
		return err
	}
	main := l.headline()
	for i := range l.all {
		figures := l.plain(&l.all[i])
		if &l.all[i] == main {
			d.Latency = &figures
			continue
		}
		if d.Distributions == nil {
			d.Distributions = map[string]Latency{}
		}
		d.Distributions[figures.Of] = figures
	}
	if d.Breakdown, err = l.plainBreakdown(); err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(d); err != nil {
		return fmt.Errorf("writing the report as JSON: %w", err)
	}
	return nil
}

// plain returns a distribution in plain numbers.
func (l *load) plain(d *distribution) Latency {
	out := Latency{
		Of: strings.NewReplacer(", ", "_", " ", "_").Replace(d.name), Samples: d.Count, PercentilesNS: map[metric.Name]int64{},
		MinNS: int64(d.at(metric.Min).NS), MaxNS: int64(d.at(metric.Max).NS), MeanNS: d.at(metric.Mean).NS,
	}
	for _, n := range l.figures() {
		f := d.at(n)
		if q, ok := n.Quantile(); ok && q < 1 {
			out.PercentilesNS[n] = int64(f.NS)
		}
		if n == metric.Stdev && !f.unknown {
			out.StdevNS = &f.NS
		}
		for _, m := range []struct {
			has  bool
			list *[]metric.Name
		}{{f.AtLeast, &out.AtLeast}, {f.Rough, &out.Rough}, {f.few, &out.Few}} {
			if m.has {
				*m.list = append(*m.list, n)
			}
		}
	}
	return out
}

// ErrNoLatency is the error for a report without latencies.
var ErrNoLatency = errors.New("no request was answered in the window, so there is no distribution of latencies")

// Percentiles writes the distribution of the measured phase's latency in
// milliseconds, in the text form of HdrHistogram: corrected latency of an open
// loop or of users, else service time.
func Percentiles(w io.Writer, r *results.Report) error {
	p := r.Measured()
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
	return stats.Spectrum(w, h)
}
