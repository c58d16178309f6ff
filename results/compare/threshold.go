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

// Threshold is a condition on which a comparison fails, such as
// "throughput<-5%", "p99>+10%" or "p99>20ms".
type Threshold struct {
	// Text is as it was given.
	Text   string       `json:"text"`
	Metric cells.Metric `json:"metric"`
	// Above fails what lies above the limit, else what lies below.
	Above bool `json:"above"`
	// Limit is a relative change (0.1 for +10 %), or a value of the new side
	// in the metric's unit.
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
		return t, fmt.Errorf("threshold %q: there is no metric %q; the metrics are %s", text, t.Metric, metricNames())
	}
	if percent, ok := strings.CutSuffix(limit, "%"); ok {
		return t, t.relative(strings.TrimSpace(percent))
	}
	return t, t.absolute(limit)
}

func metricNames() string {
	var names []string
	for _, m := range cells.Metrics() {
		names = append(names, string(m))
	}
	return strings.Join(names, ", ")
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

// absolute reads a limit with the unit that its metric has.
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

// GateOutcome is what a gate came to.
type GateOutcome string

// The outcomes of a gate, the gravest first.
const (
	GateFailed GateOutcome = "failed"
	// GateNotMeasured fails too: what was not measured passes nothing.
	GateNotMeasured GateOutcome = "not measured"
	GateUndecided   GateOutcome = "cannot decide"
	GatePassed      GateOutcome = "passed"
)

// Gate is a threshold held against all rows of its metric.
type Gate struct {
	Threshold Threshold   `json:"threshold"`
	Outcome   GateOutcome `json:"outcome"`
	// Reasons name the cells that made it so, the gravest first. Those of a
	// gate that passed name what it could not have seen.
	Reasons []string `json:"reasons,omitempty"`
}

// Evaluate holds the thresholds against the comparison. Partial runs evaluate
// no gate.
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
	found := map[GateOutcome][]string{}
	rows := 0
	for i := range c.Families {
		f := &c.Families[i]
		if f.Metric != t.Metric || !t.fits(f.Unit) {
			continue
		}
		for j := range f.Rows {
			rows++
			outcome, why := t.hold(f, &f.Rows[j])
			found[outcome] = append(found[outcome], fmt.Sprintf("%s, %s, %s, %s: %s", f.Rows[j].Server, f.Scenario, f.Protocol, f.Phase, why))
		}
	}
	if rows == 0 {
		return Gate{Threshold: t, Outcome: GateNotMeasured, Reasons: []string{t.missing()}}
	}
	g := Gate{Threshold: t, Outcome: GatePassed}
	for _, o := range []GateOutcome{GateFailed, GateNotMeasured, GateUndecided} {
		if len(found[o]) > 0 {
			if g.Outcome == GatePassed {
				g.Outcome = o
			}
			g.Reasons = append(g.Reasons, found[o]...)
		}
	}
	if g.Outcome == GatePassed && t.Relative {
		g.Reasons = c.blind(t)
	}
	return g
}

// blind names the tables in which a change of the limit's size would often have
// been missed.
func (c *Comparison) blind(t Threshold) []string {
	var out []string
	for i := range c.Families {
		f := &c.Families[i]
		switch {
		case f.Metric != t.Metric:
		case f.Detectable == nil:
			out = append(out, fmt.Sprintf("%s, %s, %s: too few trials to say what would have been seen", f.Scenario, f.Protocol, f.Phase))
		case *f.Detectable > math.Abs(t.Limit):
			out = append(out, fmt.Sprintf("%s, %s, %s: a change below %.1f %% would often have been missed; more trials see less",
				f.Scenario, f.Protocol, f.Phase, *f.Detectable*100))
		}
	}
	return out
}

// fits tells whether the limit can be held against the unit: an absolute one
// in requests a second, or a duration per request, says nothing about bytes.
func (t Threshold) fits(u cells.BaseUnit) bool {
	return t.Relative || u != cells.BytesPerSecond && u != cells.NanosPerByte
}

// missing says why no row has the metric.
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

// hold is the outcome of one row.
func (t Threshold) hold(f *Family, r *Row) (GateOutcome, string) {
	if r.Outcome == NotMeasured {
		return GateNotMeasured, r.Why + because(r)
	}
	if !t.Relative {
		return t.holdValue(f, r)
	}
	if r.Outcome == Undecided {
		return GateUndecided, r.Why
	}
	change := r.Ratio.Value - 1
	called := t.Above && r.Outcome == Higher || !t.Above && r.Outcome == Lower
	if called && (t.Above && change > t.Limit || !t.Above && change < t.Limit) {
		return GateFailed, fmt.Sprintf("%s, p %s after Holm", r.Ratio.text(), probability(*r.PHolm))
	}
	return GatePassed, ""
}

// because is the reason of a void trial of the side without a value.
func because(r *Row) string {
	for _, v := range []Value{r.Old, r.New} {
		if v.Missing == missingVoid {
			return ": " + v.WhyVoid
		}
	}
	return ""
}

// holdValue holds the interval of the new median against the limit: all of it
// must lie beyond.
func (t Threshold) holdValue(f *Family, r *Row) (GateOutcome, string) {
	v, in := r.New, scaleOf(f.Unit, r.New.Median)
	switch {
	case v.Kind != stats.Interval:
		return GateUndecided, fmt.Sprintf("n = %d: the interval of a median needs 6 trials", v.N)
	case t.Above && v.Low > t.Limit, !t.Above && v.High < t.Limit && !v.AtLeast:
		return GateFailed, in.value(v)
	case v.AtLeast && (t.Above || v.High < t.Limit):
		return GateUndecided, in.value(v) + " is a lower bound"
	}
	return GatePassed, ""
}
