// Package watch decides, from the live figures of a load, when one of the user's rules
// ends it early, such as "error_rate>20% for 10s". It is pure: it gets the figures with
// their instants, and knows no clock.
package watch

import (
	"errors"
	"slices"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
)

// Span is the stretch before an instant over which rates and shares are taken there.
const Span = time.Second

// Metrics returns the metrics that rules may be about: figures of the load that are known
// while it runs. Errors are those of the phase so far; shares and rates are of the last
// Span; latencies are of the last segment.
func Metrics() []metric.Name {
	return append(metric.Latencies(), metric.ErrorRate, metric.Errors, metric.Throughput, metric.BytesPerSecond)
}

// Parse reads rules such as "error_rate>20% for 10s". The error has a line for each wrong
// one.
func Parse(texts []string) (rules []metric.Sustained, err error) {
	for _, text := range texts {
		rule, wrong := metric.ParseSustained(text, Metrics())
		rules, err = append(rules, rule), errors.Join(err, wrong)
	}
	return rules, err
}

// NeedsSegments reports whether any of the rules is about latency, which is known of
// segments only.
func NeedsSegments(rules []metric.Sustained) bool {
	return slices.ContainsFunc(rules, func(r metric.Sustained) bool { return r.Metric.IsLatency() })
}

// Watch watches one load. Its methods are called in turn, by one goroutine at a time.
type Watch struct {
	rules []rule
	// t0 is the begin of the phase's window in nanoseconds.
	t0 int64
	// recent are the figures of the last Span of the phase, and the newest before it. A
	// phase begins with one.
	recent []results.Interval
}

// rule is a condition with the time for which it has held.
type rule struct {
	metric.Sustained
	holds bool
	// since is the instant, in nanoseconds, at which it was first seen to hold.
	since int64
}

// New begins to watch for the rules.
func New(rules []metric.Sustained) *Watch {
	w := &Watch{recent: make([]results.Interval, 1)}
	for _, r := range rules {
		w.rules = append(w.rules, rule{Sustained: r})
	}
	return w
}

// Window begins a phase, whose counts begin at 0.
func (w *Watch) Window(of loaders.Window) {
	w.t0 = of.T0NS
	w.recent = append(w.recent[:0], results.Interval{AtNS: of.T0NS})
}

// Interval takes the live figures of an instant. It returns the first rule that has held
// for its whole time, or nil. A figure that is not known, such as the share of failures
// among no answers, neither fulfils a rule nor ends the time for which it has held.
func (w *Watch) Interval(i loaders.Interval) *results.Abort {
	last := w.recent[len(w.recent)-1]
	w.recent = append(w.recent, i.Interval)
	for len(w.recent) > 2 && i.AtNS-w.recent[1].AtNS >= int64(Span) {
		w.recent = w.recent[1:]
	}
	for k := range w.rules {
		r := &w.rules[k]
		value, known := valueOf(r.Metric, w.recent[0], i)
		if !known || !r.held(value, i.AtNS) {
			continue
		}
		// Figures of the last Span still fulfil the rule for a while after the end of what
		// they show. Those since the last instant do not.
		if newest, known := valueOf(r.Metric, last, i); known && r.Holds(newest) {
			return &results.Abort{Rule: r.String(), Phase: i.Phase, AfterNS: i.AtNS - w.t0, Value: value, Unit: string(r.Metric.Unit())}
		}
	}
	return nil
}

// held notes a value at an instant, and reports whether the condition has held for its
// time.
func (r *rule) held(value float64, at int64) bool {
	if !r.Holds(value) {
		r.holds = false
		return false
	}
	if !r.holds {
		r.holds, r.since = true, at
	}
	return at-r.since >= int64(r.For)
}

// valueOf returns a metric's value between two instants; known is false where there is
// none.
func valueOf(n metric.Name, from results.Interval, to loaders.Interval) (value float64, known bool) {
	if n.IsLatency() {
		return latency(n, to.Segment)
	}
	right, failed := float64(to.Completed-from.Completed), float64(to.Failed-from.Failed)
	seconds := float64(to.AtNS-from.AtNS) / 1e9
	switch n {
	case metric.Errors:
		return float64(to.Failed), true
	case metric.ErrorRate:
		return failed / (right + failed), right+failed > 0
	case metric.Throughput:
		return right / seconds, seconds > 0
	}
	return float64(to.Bytes-from.Bytes) / seconds, seconds > 0
}

// latency returns a figure of the segment that has just ended; known is false where none
// has, or nothing was answered rightly in it.
func latency(n metric.Name, s *results.Segment) (value float64, known bool) {
	if s == nil {
		return 0, false
	}
	d, err := stats.Decode(s.Latency)
	if err != nil || d.Count() == 0 {
		return 0, false
	}
	return d.Figure(n), true
}
