// Package gate holds the cells of a run against bounds of their figures, such as
// "hello/nethttp p99<5ms".
package gate

import (
	"fmt"
	"math"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/results/table"
)

// Gate is a bound of a metric in the cells that its patterns name.
type Gate struct {
	// Text is the gate as the user wrote it.
	Text string
	// Scenario, Server and Phase are patterns in which * stands for any text; empty for all.
	Scenario string
	Server   string
	Phase    string
	metric.Condition
	// Unit is that of the limit.
	Unit metric.Unit
}

// Words describe the form of a gate.
const Words = "[SCENARIO[/SERVER[/PHASE]] ]METRIC<LIMIT, such as \"hello/nethttp p99<5ms\", \"json throughput>50k/s\" or \"*/nethttp/open 90% p99<10ms\""

// Parse reads a gate in the form of Words.
func Parse(text string) (Gate, error) {
	g := Gate{Text: strings.TrimSpace(text)}
	at := strings.IndexAny(g.Text, "<>=≤≥")
	if at < 0 {
		return g, fmt.Errorf("%q is no bound; write %s", g.Text, Words)
	}
	condition := g.Text
	if space := strings.LastIndex(strings.TrimSpace(g.Text[:at]), " "); space >= 0 {
		condition = g.Text[space+1:]
		if err := g.readNames(strings.TrimSpace(g.Text[:space])); err != nil {
			return g, err
		}
	}
	n, op, limit, err := metric.Split(condition, cells.Comparable())
	if err != nil {
		return g, fmt.Errorf("%q: %w", g.Text, err)
	}
	g.Metric, g.Op, g.Unit = n, op, n.Unit()
	if g.Limit, err = g.Unit.Parse(limit); err != nil && n == metric.Throughput {
		if bytes, wrong := metric.Bandwidth.Parse(limit); wrong == nil {
			g.Limit, g.Unit, err = bytes, metric.Bandwidth, nil
		}
	}
	if err != nil {
		return g, fmt.Errorf("%q: %w", g.Text, err)
	}
	return g, nil
}

// readNames reads the patterns of a gate.
func (g *Gate) readNames(text string) error {
	parts := strings.SplitN(text, "/", 3)
	for i, to := range []*string{&g.Scenario, &g.Server, &g.Phase} {
		if i >= len(parts) {
			break
		}
		if *to = strings.TrimSpace(parts[i]); *to == "" {
			return fmt.Errorf("%q: a name between its slashes is empty; write %s", g.Text, Words)
		}
	}
	return nil
}

// names reports whether the patterns name the place.
func (g *Gate) names(p *cells.Place) bool {
	is := func(pattern, name string) bool { return pattern == "" || metric.Matches(pattern, name) }
	return is(g.Scenario, p.Table.Scenario) && is(g.Server, p.Server.Name) && is(g.Phase, p.Phase)
}

// has reports whether places of that phase have the metric.
func (g *Gate) has(p *cells.Place) bool {
	whole, closed := p.Phase == cells.WholeLadder, p.Phase == results.PhaseClosed
	switch {
	case g.Metric == metric.Memory:
		return whole
	case g.Metric == metric.Throughput:
		return closed
	case g.Metric == metric.CPU:
		return !whole
	}
	return !whole && !closed
}

// Result is the outcome of a gate in one cell.
type Result struct {
	Gate Gate
	// Cell is SCENARIO/SERVER/PHASE; empty where the gate judges no cell.
	Cell string
	// Value is the median in the gate's unit; absent where it was not measured. Low and
	// High bound its 95 % interval, or the range of fewer than six trials.
	Value *float64
	Low   float64
	High  float64
	// Trials is how many trials the value is of.
	Trials  int
	Outcome metric.Outcome
	// scale is that in which the value is printed.
	scale table.Scale
	// Why says why the outcome is metric.NotMeasured or metric.NotTold.
	Why string
}

// Judge holds the run against the gates, in their order, each over the cells in the order
// of tables. A server that does not answer a row at all is left out there.
func Judge(set *cells.Set, gates []Gate) []Result {
	var list []Result
	for _, g := range gates {
		named, judged := false, len(list)
		for p := range set.Places() {
			if !g.names(&p) {
				continue
			}
			named = true
			if g.has(&p) && !leftOut(p.Absent) {
				list = append(list, g.judge(&p))
			}
		}
		if len(list) == judged {
			list = append(list, Result{Gate: g, Outcome: metric.NotMeasured, Why: g.missing(set, named)})
		}
	}
	return list
}

// leftOut reports whether a cell is absent since its server is not for the row.
func leftOut(why cells.Absence) bool {
	return why == cells.Unsupported || why == cells.NoFixture || why == cells.NotExpressible || why == cells.NotInstalled
}

// missing says why the gate judges no cell; named is true where its patterns name some.
func (g *Gate) missing(set *cells.Set, named bool) string {
	switch {
	case named && g.Metric.IsLatency():
		return "no cell of these names has latencies: they are those of open loops, which --rates adds"
	case named:
		return fmt.Sprintf("no cell of these names has a figure of %s", g.Metric)
	}
	var rows, servers []string
	for _, t := range set.Run.Plan.Tables {
		rows = append(rows, t.Scenario)
	}
	for _, s := range set.Run.Servers {
		servers = append(servers, s.Name)
	}
	return fmt.Sprintf("no cell has these names: the run has the scenarios %s and the servers %s", strings.Join(rows, ", "), strings.Join(servers, ", "))
}

// judge holds one place against the gate.
func (g *Gate) judge(p *cells.Place) Result {
	cell := strings.Join([]string{p.Table.Scenario, p.Server.Name, p.Phase}, "/")
	r := Result{Gate: *g, Cell: cell, Outcome: metric.NotMeasured}
	f := p.Figure(g.Metric)
	switch unit := p.Unit(g.Metric); {
	case p.Absent != "":
		r.Why = string(p.Absent) + ": " + p.Why
		return r
	case f.Kind == stats.None:
		r.Why = p.Lacks(g.Metric)
		return r
	case unit != g.Unit:
		r.Why = fmt.Sprintf("it is in %s, and the limit is in %s", unit, g.Unit)
		return r
	}
	r.Value, r.Low, r.High, r.Trials = &f.Value, f.Low, f.High, f.N
	r.scale = cells.ScaleOf(g.Unit, p.RateUnit, f.Value)
	low, high, why := bar(&f)
	if r.Outcome = g.Condition.Judge(low, high); r.Outcome == metric.NotTold {
		r.Why = why
	}
	return r
}

// bar returns the ends between which the true value lies, and says what makes them differ.
func bar(f *cells.Figure) (low, high float64, why string) {
	low, high, why = f.Low, f.High, "the limit lies within the interval of the median"
	if f.Kind != stats.Interval {
		why = fmt.Sprintf("the limit lies within the range of %d trials: six give an interval", f.N)
	}
	switch {
	case f.AtLeast:
		high, why = math.Inf(1), "the value is a lower bound"
	case f.AtMost:
		low, why = 0, "the value is an upper bound: a sum of the peaks of several processes"
	case f.Rough:
		low, why = 0, "the loader itself was late there, so it may be less"
	}
	return low, high, why
}

// Failed reports whether a gate was broken or has no value. Where strict is true an outcome
// that cannot be told fails too.
func Failed(list []Result, strict bool) bool {
	for _, r := range list {
		if r.Outcome == metric.Broken || r.Outcome == metric.NotMeasured || strict && r.Outcome == metric.NotTold {
			return true
		}
	}
	return false
}

// String returns the outcome in a sentence.
func (r *Result) String() string {
	text := fmt.Sprintf("threshold %s: %s", r.Gate.Text, r.Outcome)
	if r.Cell != "" {
		text += " by " + r.Cell
	}
	if r.Value != nil {
		text += ", " + r.value()
	}
	if r.Why != "" {
		text += " (" + r.Why + ")"
	}
	return text
}

// value returns the value with its unit and bounds.
func (r *Result) value() string {
	text := r.scale.Digits(*r.Value) + " " + r.scale.Unit
	if r.Trials > 1 {
		text += " (" + r.scale.Digits(r.Low) + " – " + r.scale.Digits(r.High) + ")"
	}
	return text
}

// Table returns the outcomes as a table; nil for none.
func Table(list []Result) *table.Table {
	if len(list) == 0 {
		return nil
	}
	t := &table.Table{Head: []string{"threshold", "cell", "value", "outcome"}, Left: 2, WordsLast: true}
	for i := range list {
		r := &list[i]
		value, outcome := "—", string(r.Outcome)
		if r.Value != nil {
			value = r.value()
		}
		if r.Why != "" {
			outcome += ": " + r.Why
		}
		t.Add(r.Gate.Text, r.Cell, value, outcome)
	}
	return t
}
