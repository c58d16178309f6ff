package compare

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

// Threshold is a condition on which a comparison fails, such as "p99>+10%".
type Threshold struct {
	// Text is the threshold as the user wrote it.
	Text   string       `json:"text"`
	Metric cells.Metric `json:"metric"`
	// Above is true where values above the limit fail, false for those below.
	Above bool `json:"above"`
	// Limit is a relative change (0.1 for +10 %), or a value in the metric's unit.
	Limit    float64 `json:"limit"`
	Relative bool    `json:"relative"`
}

// ParseThreshold reads METRIC<LIMIT or METRIC>LIMIT. A limit in percent is a
// change from old to new; one with a unit is a bound of the new value.
func ParseThreshold(text string) (Threshold, error) {
	t := Threshold{Text: text}
	at := strings.IndexAny(text, "<>")
	if at < 0 {
		return t, fmt.Errorf("threshold %q: it needs a metric, < or >, and a limit, such as %q", text, "throughput<-5%")
	}
	t.Metric, t.Above = cells.Metric(strings.TrimSpace(text[:at])), text[at] == '>'
	limit := strings.TrimSpace(text[at+1:])
	if !slices.Contains(cells.Metrics(), t.Metric) {
		names := strings.ReplaceAll(strings.Trim(fmt.Sprint(cells.Metrics()), "[]"), " ", ", ")
		return t, fmt.Errorf("threshold %q: there is no metric %q; the metrics are %s", text, t.Metric, names)
	}
	if percent, ok := strings.CutSuffix(limit, "%"); ok {
		return t, t.relative(strings.TrimSpace(percent))
	}
	return t, t.absolute(limit)
}

func (t *Threshold) relative(percent string) error {
	v, err := strconv.ParseFloat(percent, 64)
	if err != nil || v != v || v < -100 || v > 1e6 {
		return fmt.Errorf("threshold %q: %q is no change in percent, such as -5%% or +10%%", t.Text, percent+"%")
	}
	if t.Above && v < 0 || !t.Above && v > 0 || !t.Above && v == 0 && !strings.HasPrefix(percent, "-") {
		return fmt.Errorf("threshold %q: no change at all would fail it; use < with a negative change and > with a positive one", t.Text)
	}
	t.Limit, t.Relative = v/100, true
	return nil
}

// absolute reads a limit in the unit of its metric.
func (t *Threshold) absolute(limit string) error {
	var ok bool
	var want string
	switch {
	case t.Metric == cells.MetricThroughput:
		want = "a rate in requests a second, such as 50000/s or 50k/s"
		t.Limit, ok = scaled(limit, map[string]float64{"k/s": 1e3, "M/s": 1e6, "/s": 1})
	case t.Metric == cells.MetricMemory:
		want = "a size with its unit, such as 100MiB"
		t.Limit, ok = scaled(limit, map[string]float64{"GiB": 1 << 30, "MiB": 1 << 20, "KiB": 1 << 10, "GB": 1e9, "MB": 1e6, "kB": 1e3})
	default:
		want = "a duration with its unit, such as 20ms"
		d, err := time.ParseDuration(limit)
		t.Limit, ok = float64(d), err == nil && d > 0
		// "0" is the one duration that needs no unit.
	}
	if !ok {
		return fmt.Errorf("threshold %q: %q is no limit for %s; give a change in percent, such as +10%%, or %s", t.Text, limit, t.Metric, want)
	}
	return nil
}

// scaled reads a positive number with one of the units.
func scaled(text string, units map[string]float64) (float64, bool) {
	best := ""
	for unit := range units {
		if strings.HasSuffix(text, unit) && len(unit) > len(best) {
			best = unit
		}
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(text, best)), 64)
	return v * units[best], best != "" && err == nil && v > 0
}

// GateOutcome is the outcome of a gate.
type GateOutcome string

// The outcomes of a gate, the gravest first.
const (
	GateFailed GateOutcome = "failed"
	// GateNotMeasured fails too.
	GateNotMeasured GateOutcome = "not measured"
	GateUndecided   GateOutcome = "cannot decide"
	GatePassed      GateOutcome = "passed"
)

// Gate is a threshold held against all changes of its metric.
type Gate struct {
	Threshold Threshold   `json:"threshold"`
	Outcome   GateOutcome `json:"outcome"`
	// Reasons name the cells that caused the outcome, the gravest first; of a gate
	// that passed, the tables whose changes it could have missed.
	Reasons []string `json:"reasons,omitempty"`
}

// Evaluate holds the thresholds against the comparison, unless it is partial.
func (c *Comparison) Evaluate(thresholds []Threshold) []Gate {
	gates := make([]Gate, len(thresholds))
	for i, t := range thresholds {
		gates[i] = c.gate(t)
	}
	return gates
}

func (c *Comparison) gate(t Threshold) Gate {
	if len(c.Partial) > 0 {
		return Gate{Threshold: t, Outcome: GateUndecided, Reasons: c.Partial}
	}
	reasons := map[GateOutcome][]string{}
	for f, r := range c.changes() {
		if f.Metric == t.Metric && t.fits(f.Unit) {
			outcome, why := t.hold(f, r)
			reasons[outcome] = append(reasons[outcome], fmt.Sprintf("%s, %s: %s", r.Server, f.table(), why))
		}
	}
	if len(reasons) == 0 {
		return Gate{Threshold: t, Outcome: GateNotMeasured, Reasons: []string{t.missing()}}
	}
	g := Gate{Threshold: t, Outcome: GatePassed}
	for _, o := range []GateOutcome{GateFailed, GateNotMeasured, GateUndecided} {
		if len(reasons[o]) > 0 && g.Outcome == GatePassed {
			g.Outcome = o
		}
		g.Reasons = append(g.Reasons, reasons[o]...)
	}
	if g.Outcome == GatePassed && t.Relative {
		g.Reasons = c.blind(t)
	}
	return g
}

// blind names the tables that would often have missed a change of the limit's size.
func (c *Comparison) blind(t Threshold) []string {
	var out []string
	for i := range c.Families {
		f := &c.Families[i]
		switch {
		case f.Metric != t.Metric:
		case f.Detectable == nil:
			out = append(out, f.table()+": too few trials to say what would have been seen")
		case *f.Detectable > math.Abs(t.Limit):
			out = append(out, fmt.Sprintf("%s: a change below %.1f %% would often have been missed; more trials see less", f.table(), *f.Detectable*100))
		}
	}
	return out
}

// fits reports whether the limit can be held against the unit: an absolute one
// in requests a second, or a duration per request, says nothing about bytes.
func (t Threshold) fits(u cells.BaseUnit) bool {
	return t.Relative || u != cells.BytesPerSecond && u != cells.NanosPerByte
}

// missing says why no change has the metric.
func (t Threshold) missing() string {
	_, percentile := t.Metric.Place()
	switch {
	case percentile:
		return fmt.Sprintf("no cell of both sides has %s: it is of open-loop phases with enough samples (measure with --rates and a longer --duration)", t.Metric)
	case t.Metric == cells.MetricThroughput && t.Relative:
		return "no cell of both sides has a throughput: it is of closed-loop phases (measure with --mode closed,open)"
	case !t.Relative:
		return fmt.Sprintf("no cell of both sides has %s in the unit of the limit", t.Metric)
	}
	return fmt.Sprintf("no cell of both sides has %s", t.Metric)
}

// hold judges one change.
func (t Threshold) hold(f *Family, r *Change) (GateOutcome, string) {
	switch {
	case r.Outcome == NotMeasured && r.Old.Missing == missingVoid:
		return GateNotMeasured, r.Why + ": " + r.Old.WhyVoid
	case r.Outcome == NotMeasured && r.New.Missing == missingVoid:
		return GateNotMeasured, r.Why + ": " + r.New.WhyVoid
	case r.Outcome == NotMeasured:
		return GateNotMeasured, r.Why
	case !t.Relative:
		return t.holdValue(f, r)
	case r.Outcome == Undecided:
		return GateUndecided, r.Why
	}
	by := r.Ratio.Value - 1
	if t.Above && r.Outcome == Higher && by > t.Limit || !t.Above && r.Outcome == Lower && by < t.Limit {
		return GateFailed, fmt.Sprintf("%s, p %s after Holm", change(r.Ratio), probability(*r.PHolm))
	}
	return GatePassed, ""
}

// holdValue judges the interval of the new median: all of it must lie beyond.
func (t Threshold) holdValue(f *Family, r *Change) (GateOutcome, string) {
	v, in := r.New, scaleOf(f.Unit, r.New.Median)
	switch {
	case v.Kind != stats.Interval:
		return GateUndecided, fmt.Sprintf("n = %d: the interval of a median needs 6 trials", v.N)
	case t.Above && v.Low > t.Limit, !t.Above && v.High < t.Limit && !v.AtLeast:
		return GateFailed, v.printed(in)
	case v.AtLeast && (t.Above || v.High < t.Limit):
		return GateUndecided, v.printed(in) + " is a lower bound"
	}
	return GatePassed, ""
}
