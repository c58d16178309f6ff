package compare

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
)

// Threshold is a condition on which a comparison fails, such as "p99>+10%".
type Threshold struct {
	// Text is the threshold as the user wrote it.
	Text   string      `json:"text"`
	Metric metric.Name `json:"metric"`
	// Op compares values with the limit: the threshold fails where it holds.
	Op metric.Op `json:"op"`
	// Limit is a relative change (0.1 for +10 %), or a value in the metric's unit.
	Limit    float64 `json:"limit"`
	Relative bool    `json:"relative"`
}

// ParseThreshold reads METRIC OP LIMIT. A limit in percent is a change from old to
// new; another one is a bound of the new value.
func ParseThreshold(text string) (Threshold, error) {
	n, op, limit, err := metric.Split(text, cells.Comparable())
	if err != nil {
		return Threshold{}, fmt.Errorf("threshold %w", err)
	}
	t := Threshold{Text: text, Metric: n, Op: op}
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
	if v == 0 && t.Op.Upper() && !strings.HasPrefix(percent, "-") || t.Op.Holds(0, v) {
		return fmt.Errorf("threshold %q: no change at all would fail it; use < with a negative change and > with a positive one", t.Text)
	}
	t.Limit, t.Relative = v/100, true
	return nil
}

// absolute reads a limit in the unit of its metric.
func (t *Threshold) absolute(limit string) (err error) {
	t.Limit, err = t.Metric.Unit().Parse(limit)
	switch {
	case err != nil:
		return fmt.Errorf("threshold %q: %w, or a change in percent, such as +10%%", t.Text, err)
	case t.Limit == 0:
		return fmt.Errorf("threshold %q: a limit must be above 0", t.Text)
	}
	return nil
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
func (t Threshold) fits(u metric.Unit) bool {
	return t.Relative || u != metric.Bandwidth && u != metric.DurationPerByte
}

// missing says why no change has the metric.
func (t Threshold) missing() string {
	switch {
	case t.Metric.IsLatency():
		return fmt.Sprintf("no cell of both sides has %s: it is of open-loop phases with enough samples (measure with --rates and a longer --duration)", t.Metric)
	case t.Metric == metric.Throughput && t.Relative:
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
	if r.Outcome == t.direction() && t.Op.Holds(by, t.Limit) {
		return GateFailed, fmt.Sprintf("%s, p %s after Holm", change(r.Ratio), probability(*r.PHolm))
	}
	return GatePassed, ""
}

// direction is the outcome of a change that can fail the threshold.
func (t Threshold) direction() Outcome {
	if t.Op.Upper() {
		return Lower
	}
	return Higher
}

// holdValue judges the interval of the new median: all of it must lie beyond.
func (t Threshold) holdValue(f *Family, r *Change) (GateOutcome, string) {
	v, in, above := r.New, f.scaleOf(r.New.Median), !t.Op.Upper()
	switch {
	case v.Kind != stats.Interval:
		return GateUndecided, fmt.Sprintf("n = %d: the interval of a median needs 6 trials", v.N)
	case above && t.Op.Holds(v.Low, t.Limit), !above && t.Op.Holds(v.High, t.Limit) && !v.AtLeast:
		return GateFailed, v.inWords(in)
	case v.AtLeast && (above || t.Op.Holds(v.High, t.Limit)):
		return GateUndecided, v.inWords(in) + " is a lower bound"
	}
	return GatePassed, ""
}
