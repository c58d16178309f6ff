package summary

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
)

// Threshold is the outcome of one bound. A bound of several groups has an outcome for
// each of them.
type Threshold struct {
	// Text is the bound in words, such as "p95 < 300ms" or "checkout: p95 < 300ms".
	Text string `json:"text"`
	metric.Bound
	// Value is in the unit of the metric; absent where it was not measured.
	Value *float64 `json:"value,omitempty"`
	// Unit is the unit of Value and Limit.
	Unit    metric.Unit    `json:"unit"`
	Outcome metric.Outcome `json:"outcome"`
	// Why says why the outcome is NotMeasured or NotTold.
	Why string `json:"why,omitempty"`
}

// Judge returns the outcomes of the options' thresholds in their order. A damaged
// histogram is an error.
func Judge(r *results.Report, o Options) ([]Threshold, error) {
	l, err := read(r, o)
	if err != nil {
		return nil, err
	}
	return l.thresholds(), nil
}

func (l *load) thresholds() []Threshold {
	var out []Threshold
	for _, b := range l.options.Thresholds {
		for _, of := range l.loadsOf(b) {
			out = append(out, of.threshold(b.Condition))
		}
	}
	return out
}

// threshold judges a condition of the load.
func (l *load) threshold(c metric.Condition) Threshold {
	b := metric.Bound{Group: l.group, Condition: c}
	t := Threshold{Text: b.String(), Bound: b, Unit: c.Metric.Unit()}
	value, missing := l.value(c.Metric)
	if value == nil {
		t.Outcome, t.Why = metric.NotMeasured, missing
		return t
	}
	t.Value = &value.value
	t.decide(value)
	return t
}

// decide compares both ends of the value's error bar with the limit.
func (t *Threshold) decide(v *bar) {
	if t.Outcome = t.Judge(v.low, v.high); t.Outcome == metric.NotTold {
		t.Why = v.because
	}
}

// bar is a measured value with its error bar.
type bar struct {
	value, low, high float64
	// because says where the error bar comes from.
	because string
}

func exactly(value float64) *bar { return &bar{value: value, low: value, high: value} }

// reaching returns a value that may be greater than it was measured.
func reaching(value, high float64, because string) *bar {
	return &bar{value: value, low: value, high: max(value, high), because: because}
}

// value returns the metric's value in the load; nil where it was not measured, with
// the reason.
func (l *load) value(n metric.Name) (value *bar, missing string) {
	p := l.phase
	if p == nil {
		return nil, l.missing()
	}
	code, isStatus := n.Status()
	switch {
	case n.IsLatency():
		return l.latency(n)
	case isStatus:
		return exactly(float64(p.Total.Status[strconv.Itoa(code)])), ""
	case n == metric.Errors:
		return l.failures(), ""
	case n == metric.ErrorRate:
		return l.errorRate()
	case n == metric.Throughput:
		return l.throughput(), ""
	case l.group != "":
		return nil, string(n) + " is known of the whole load only, not of its groups"
	case n == metric.BytesPerSecond:
		return exactly(perSecond(p.ReceivedBytes, p.WindowNS())), ""
	case p.Rate == nil || p.Rate.Offered == 0:
		return nil, "only an open loop (-R) has a rate to achieve"
	case l.limitedByLoader():
		return reaching(p.Rate.KeptShare(), 1, "the loader did not keep the rate"), ""
	}
	return exactly(p.Rate.KeptShare()), ""
}

// latency returns a figure of the latency that the load is about. The loader's own
// time can only have raised it, and requests without an answer can only raise it.
func (l *load) latency(n metric.Name) (value *bar, missing string) {
	d := l.headline()
	if d == nil {
		return nil, "no request was answered rightly"
	}
	f, lag := d.at(n), d.lagNS(n)
	v := &bar{value: f.NS, low: f.NS - lag, high: f.NS, because: "up to " + duration(int64(lag)) + " of it may be the loader's own"}
	switch {
	case f.unknown:
		return nil, "the samples do not give it"
	case f.AtLeast:
		v.high, v.because = math.Inf(1), "requests without an answer reach it"
	case v.low == 0:
		v.because = "all of it may be the loader's own"
	}
	return v, ""
}

// failures returns the number of failed requests. A request without an answer may have
// failed.
func (l *load) failures() *bar {
	failed := float64(l.phase.Failures())
	return reaching(failed, failed+l.unanswered(), l.withoutAnswer())
}

// errorRate returns the share of the requests asked that failed. A request without an
// answer may have failed; which group it was of is not known.
func (l *load) errorRate() (value *bar, missing string) {
	failed, unanswered := float64(l.phase.Failures()), l.unanswered()
	if asked := float64(l.phase.Asked); asked > 0 {
		return reaching(failed/asked, (failed+unanswered)/asked, l.withoutAnswer()), ""
	}
	ended := failed + float64(l.phase.Total.Completed)
	if l.group == "" || ended == 0 {
		return nil, "nothing was asked"
	}
	all := ended + unanswered
	return &bar{value: failed / ended, low: failed / all, high: (failed + unanswered) / all, because: l.withoutAnswer()}, ""
}

// unanswered returns the number of requests without an answer. An interruption leaves some
// that say nothing of the server.
func (l *load) unanswered() float64 {
	if l.report.Interrupted {
		return 0
	}
	return float64(l.phase.Unanswered)
}

func (l *load) withoutAnswer() string { return count(l.phase.Unanswered) + " requests had no answer" }

// throughput returns the right answers a second: a lower bound of those that the
// server can give where the loader was the limit, or stood still.
func (l *load) throughput() *bar {
	x := l.phase.ThroughputRPS()
	stalled, _ := l.phase.StalledShare()
	switch {
	case l.limitedByLoader():
		return reaching(x, math.Inf(1), "the loader was the limit")
	case stalled > results.DefaultThresholds().Stalled && stalled < 1:
		return reaching(x, x/(1-stalled), "the loader stood still for "+percent(stalled)+" of the window")
	}
	return exactly(x)
}

// Failed reports whether any threshold was broken or has no value.
func Failed(thresholds []Threshold) bool {
	return slices.ContainsFunc(thresholds, func(t Threshold) bool { return t.Outcome == metric.Broken || t.Outcome == metric.NotMeasured })
}

// Undecided reports whether the outcome of any threshold could not be told.
func Undecided(thresholds []Threshold) bool {
	return slices.ContainsFunc(thresholds, func(t Threshold) bool { return t.Outcome == metric.NotTold })
}

// String returns the outcome in a sentence.
func (t Threshold) String() string {
	text := fmt.Sprintf("threshold %s: %s", t.Text, t.Outcome)
	if t.Value != nil {
		text += ", " + inUnit(t.Unit, *t.Value)
	}
	if t.Why != "" {
		text += " (" + t.Why + ")"
	}
	return text
}
