package summary

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/table"
)

// paced returns the line that an open loop's result begins with: its rate, the
// percentiles that people compare, and the loader's own lateness. It is empty for a
// closed loop, and where nothing was due.
func (t *summary) paced() string {
	rate, window := t.phase.Rate, t.phase.WindowNS()
	if rate == nil || rate.Offered == 0 || window <= 0 {
		return ""
	}
	target := digits(rate.TargetRPS)
	if t.phase.Profile != "" {
		target = "on average " + digits(perSecond(rate.Offered, window))
	}
	if t.phase.RampToRPS > 0 {
		target += " to " + digits(t.phase.RampToRPS)
	}
	text := fmt.Sprintf("target %s %s, achieved %s%s (%s)", target, per(t.phase), t.bound(), digits(perSecond(rate.Achieved, window)), percent(rate.KeptShare()))
	add := func(d *distribution, name string, percentiles ...metric.Name) {
		if d == nil {
			return
		}
		for _, n := range percentiles {
			f := d.at(n)
			text += fmt.Sprintf(", %s%s %s%s", name, n, t.mark(f), duration(int64(f.NS)))
		}
	}
	if main := t.named("corrected"); main != nil {
		add(main, "", metric.P50, metric.P99, metric.P999)
	}
	add(t.named("send lag, idle"), "send lag ", metric.P50, metric.P99)
	return text
}

// latencies prints the tables of latency and of the loader's own lags.
func (t *summary) latencies() {
	t.line("")
	t.line("  %s", t.about())
	if len(t.all) == 0 {
		t.line("  no answer to take it from")
		return
	}
	for rest := t.all; len(rest) > 0; {
		n := len(rest)
		for n > 1 && t.options.Width > 0 && table.Widest(t.table(rest[:n])) > t.options.Width {
			n--
		}
		t.WriteString(t.table(rest[:n]))
		rest = rest[n:]
	}
	t.legend()
}

// about says what the latencies are.
func (t *summary) about() string {
	switch {
	case t.phase.Loop == results.OpenLoop:
		return "latency: corrected counts from the intended send, service from the actual one, to the last byte"
	case t.report.Users > 0:
		return "latency: corrected counts from the end of a user's think time, service from the send, to the last byte"
	case t.report.LatencyFrom == "connect":
		return "latency: service time, from before the connect (from the send on a connection that was there) to the last byte; a closed loop does not show queueing, an open one (-R) does"
	}
	return "latency: service time, from the send to the last byte; a closed loop does not show queueing, an open one (-R) does"
}

// table returns a table with a column for each of the distributions, as text.
func (t *summary) table(columns []distribution) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 8, 3, ' ', tabwriter.AlignRight)
	cells := t.latencyTable(columns)
	for _, row := range append([][]string{cells.Head}, cells.Rows...) {
		// Writing to a strings.Builder does not fail.
		_, _ = w.Write([]byte(strings.Join(row, "\t") + "\t\n"))
	}
	_ = w.Flush()
	return out.String()
}

// latencyTable returns a table with a column for each of the distributions.
func (t *summary) latencyTable(columns []distribution) *table.Table {
	out := &table.Table{Left: 1}
	line := func(name string, cell func(*distribution, table.Scale) string) []string {
		words := []string{name}
		for i := range columns {
			d := &columns[i]
			words = append(words, cell(d, table.ScaleOf(table.Durations(), d.at(metric.P50).NS)))
		}
		return words
	}
	out.Head = line("", func(d *distribution, in table.Scale) string { return d.name + " " + in.Unit })
	for _, n := range t.figures() {
		out.Add(line(string(n), func(d *distribution, in table.Scale) string {
			f := d.at(n)
			if f.unknown {
				t.marked[markUnknown] = true
				return strings.TrimSpace(markUnknown)
			}
			return t.mark(f) + text(in, f.NS)
		})...)
	}
	out.Add(line("samples", func(d *distribution, _ table.Scale) string { return count(d.Count) })...)
	return out
}

// The marks of figures.
const (
	markAtLeast = "≥ "
	markRough   = "~ "
	markFew     = "* "
	markUnknown = "— "
)

// mark returns the marks of a figure, and notes that they occur.
func (t *summary) mark(f figure) string {
	marks := ""
	for _, m := range []struct {
		mark string
		has  bool
	}{{markFew, f.few}, {markAtLeast, f.AtLeast}, {markRough, f.Rough}} {
		if m.has {
			marks += m.mark
			t.marked[m.mark] = true
		}
	}
	return marks
}

// legend explains the marks that occurred since the last legend, one a line.
func (t *summary) legend() {
	for _, text := range t.explanations() {
		t.line("  %s", text)
	}
}

// explanations returns a sentence for each mark that occurred and has none yet.
func (t *summary) explanations() []string {
	var list []string
	for _, m := range []struct{ mark, text string }{
		{markFew, "fewer than ten samples lie beyond this percentile: another load may well show another value, a longer one a steadier one"},
		{markAtLeast, "requests without an answer reach this value: it is a lower bound"},
		{markRough, "the loader itself was late by a good part of this value" + t.ours()},
		{markUnknown, "not known: requests without an answer might raise or lower it, or there is one sample"},
	} {
		if t.marked[m.mark] && !t.explained[m.mark] {
			t.explained[m.mark] = true
			list = append(list, m.mark+m.text)
		}
	}
	return list
}

// ours says how much of the latency that the load is about may be the loader's own.
func (t *summary) ours() string {
	var words []string
	for _, n := range []metric.Name{metric.P50, metric.P99, metric.P999} {
		if d := t.headline(); d != nil && d.at(n).Rough {
			words = append(words, fmt.Sprintf("%s of %s", duration(int64(d.lagNS(n))), n))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return ": at most " + strings.Join(words, ", ") + " are its own"
}
