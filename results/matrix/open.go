package matrix

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/results/table"
)

// OpenLoop returns wrk2_results.md: latency at fixed rates, from the intended
// send time (corrected) and from the actual one (uncorrected). Sentences say who
// is ahead; service times and the evidence are folded away.
func OpenLoop(set *cells.Set) string {
	v, p := newView(set), &page{}
	v.head(p, "Open loop: tail latency at fixed rates", v.orNothing(v.searchStandings, v.rateStandings))
	v.searchTables(p)
	empty := true
	for _, t := range v.Run.Plan.Tables {
		for _, r := range rateOrder(t.Rates) {
			v.rateSection(p, t, r)
			empty = false
		}
	}
	if empty {
		p.line("\nThe plan has no open-loop phases at fixed rates (`--mode closed,open` and `--rates` ask for them).")
	}
	v.conformance(p)
	v.foreignNotes(p)
	p.section("## What limited the rates that were not kept", "Median shares over valid trials; all other rates were kept.", v.openEvidence())
	v.missingLists(p, isOpen)
	folds := &page{}
	folds.fold("Evidence: failures, flags and known signatures", func(p *page) { v.witnesses(p, isOpen) })
	folds.fold("Method, machine and servers", v.method)
	v.legend(p, v.aboutRates()...)
	p.WriteString(folds.String())
	return p.String()
}

// aboutRates explains what the figures of the open loops count; none where the
// plan has no rates.
func (v *view) aboutRates() []string {
	if !slices.ContainsFunc(v.Run.Plan.Tables, func(t results.PlanTable) bool { return len(t.Rates) > 0 }) {
		return nil
	}
	return []string{
		"Corrected latency begins when the request was due, so waiting behind a slow answer counts; uncorrected begins when it was really sent. A value is the median over trials of each trial's own percentile.",
		"Send lag is that of requests for which a connection was idle: the loader's own error. Receive lag is from the kernel's arrival of an answer to the loader's read.",
		"CPU per request belongs to the rate beside it and to no other; on loopback the server's CPU includes part of the client's path.",
	}
}

// rateOrder puts the rates that all servers share before the fractions of
// each server's own peak; each group keeps the plan's order.
func rateOrder(in []results.PlanRate) []results.PlanRate {
	class := func(r results.PlanRate) int {
		return slices.Index([]results.RateKind{results.RateCommon, results.RateAbsolute, results.RateFraction}, r.Kind)
	}
	return slices.SortedStableFunc(slices.Values(in), func(a, b results.PlanRate) int { return cmp.Compare(class(a), class(b)) })
}

// rateSection writes the tables of one rate. Nothing is ranked at fractions of
// each server's own peak: the servers do different work, and costs are folded away
// there.
func (v *view) rateSection(p *page, t results.PlanTable, r results.PlanRate) {
	p.line("\n## %s: %s", escape(title(t)), v.rateTitle(t, r))
	o := v.openTable(t, r)
	shared := r.Kind != results.RateFraction
	caption := fmt.Sprintf("%s, window %s, n = %d; medians over trials.", loadInWords(t), duration(t.OpenDurationNS), t.Trials)
	p.section("### Corrected: from the intended send time", caption+enclose(" The rate: ", escape(v.basis(t, r)), "."), v.latencyTable(o, cells.Corrected))
	p.after(noise(o.tails...))
	if !slices.ContainsFunc(o.cells, func(c *cells.Cell) bool { return c.Absent == "" }) {
		return
	}
	cost := func(p *page) {
		p.section("### Cost at this rate, and the loader's own lag", "", v.costTable(o))
		if shared {
			p.after(noise(o.cost))
		}
	}
	if shared {
		cost(p)
	}
	p.fold(title(t)+", "+v.rateTitle(t, r)+": "+moreOf(shared), func(p *page) {
		if !shared {
			cost(p)
		}
		p.section("### Uncorrected: from the actual send time (service time)", caption+unanswered(o.cells), v.latencyTable(o, cells.Service))
		v.moments(p, o.cells)
		if shared {
			p.list("### Differences at this rate", v.claimCaption("latency and cost"), present(each(append(o.tails, o.cost), func(c contest) string {
				return enclose(c.metric+": ", c.words(), ".")
			})...))
		}
	})
}

// moreOf names the folded part of a rate; shared is true for a rate that all
// servers have.
func moreOf(shared bool) string {
	if shared {
		return "service time and differences"
	}
	return "cost, lag and service time"
}

// openTable is one rate of a table of the plan with the cells of its servers.
type openTable struct {
	results.PlanTable
	rate  results.PlanRate
	cells []*cells.Cell
	// tails compare p99, p50 and p99.9, cost the server's CPU per request.
	tails []contest
	cost  contest
}

func (v *view) openTable(t results.PlanTable, r results.PlanRate) *openTable {
	o := &openTable{PlanTable: t, rate: r, cells: v.columns(func(s results.Server) cells.Cell { return v.Open(t, s, r) })}
	o.cost = v.costContest(o.cells)
	for _, n := range []metric.Name{metric.P99, metric.P50, metric.P999} {
		o.tails = append(o.tails, v.latencyContest(o.cells, cells.Corrected, n))
	}
	return o
}

// places returns the contest; nil at fractions of each server's own peak, and where
// nothing may be claimed.
func (o *openTable) places(c *contest) *contest {
	if o.rate.Kind == results.RateFraction || !c.decidable {
		return nil
	}
	return c
}

func (v *view) rateTitle(t results.PlanTable, r results.PlanRate) string {
	switch r.Kind {
	case results.RateFraction:
		return strings.TrimPrefix(r.PhaseName(), "open ") + " of each process's own peak"
	case results.RateAbsolute:
		return rates(v.RateUnit(t), r.RateRPS).withUnit(r.RateRPS)
	}
	if c := v.commonRate(t); c != nil {
		return fmt.Sprintf("common rate, %s", rates(v.RateUnit(t), c.RateRPS).withUnit(c.RateRPS))
	}
	return "common rate (not fixed yet)"
}

// commonRate returns the table's common rate; nil before it is fixed.
func (v *view) commonRate(t results.PlanTable) *results.CommonRate {
	i := slices.IndexFunc(v.Run.CommonRates, func(c results.CommonRate) bool { return c.Scenario == t.Scenario && c.Protocol == t.Protocol })
	if i < 0 {
		return nil
	}
	return &v.Run.CommonRates[i]
}

// basis says how the rate was found; empty for one that the plan names.
func (v *view) basis(t results.PlanTable, r results.PlanRate) string {
	if c := v.commonRate(t); c != nil && r.Kind == results.RateCommon {
		return c.Basis
	}
	return ""
}

// unanswered warns that service times know only of answers.
func unanswered(list []*cells.Cell) string {
	n := uint64(0)
	for _, c := range list {
		for _, s := range c.Valid {
			if rate := s.Load.Rate; rate != nil {
				n += rate.Censored + rate.NeverSent
			}
		}
	}
	verb := "are"
	switch n {
	case 0:
		return ""
	case 1:
		verb = "is"
	}
	return fmt.Sprintf(" %s left unanswered or unsent at the end %s not in this table: it is too kind to saturated servers.", results.Counted(int(n), "request"), verb)
}

// latencyTable returns one line a server. The table of corrected latencies has
// places by p99 where all servers have the rate, and a line for cells without a
// value.
func (v *view) latencyTable(o *openTable, of cells.Latency) *table.Table {
	draw, places := v.byServer, (*contest)(nil)
	if of == cells.Corrected {
		draw, places = v.everyServer, o.places(&o.tails[0])
	}
	list := o.cells
	in := rates(v.RateUnit(o.PlanTable), values(slices.Concat(each(list, flow)...))...)
	head := flowHead(in)
	bytes, more := v.bytes(o)
	head = append(head, more...)
	columns := latencyColumns(list, of, append(v.Percentiles(), metric.Max)...)
	for _, c := range columns {
		head = append(head, c.head())
	}
	tail := latencyColumns(list, of, metric.P99)[0]
	head = append(head, "p99 over trials, "+tail.in.unit)
	if places != nil {
		head = append(head, places.placeHead())
	}
	return draw(head, list, func(i int, c *cells.Cell) []string {
		line := append(v.flowTexts(o, c, in), bytes(c)...)
		for _, column := range columns {
			line = append(line, v.statistic(column.in, column.of[i]))
		}
		line = append(line, v.tailSpread(tail.in, tail.of[i]))
		if places != nil {
			line = append(line, places.place(i))
		}
		return line
	})
}

// flowHead returns the heads of the target, offered and achieved rates, with their unit
// where it is not req/s.
func flowHead(in scale) []string {
	return each([]string{"target", "offered", "achieved"}, func(what string) string {
		if in.unit == "req/s" {
			return what
		}
		return what + ", " + in.unit
	})
}

// bytes returns the column of the bytes of bodies a second that moved at the rate, for
// tables that are about them, and of the server-sent events a second.
func (v *view) bytes(o *openTable) (text func(*cells.Cell) []string, head []string) {
	median := func(c *cells.Cell) stats.Estimate { return c.Median(c.Bodies) }
	events := func(c *cells.Cell) stats.Estimate { return c.Median(cells.Events) }
	switch {
	case v.Bandwidth(o.PlanTable):
		in := bandwidths(values(each(o.cells, median))...)
		return func(c *cells.Cell) []string { return []string{v.median(in, median(c))} }, []string{"achieved, " + in.unit}
	case len(values(each(o.cells, events))) > 0:
		in := rates("events/s", values(each(o.cells, events))...)
		return func(c *cells.Cell) []string { return []string{v.median(in, events(c))} }, []string{in.unit}
	}
	return func(*cells.Cell) []string { return nil }, nil
}

// tailSpread returns the interval or range of a figure over the trials; both ends are
// lower bounds where the value is one.
func (v *view) tailSpread(in scale, p cells.Statistic) string {
	text := strings.TrimSpace(v.spread(in, p.Estimate))
	if p.AtLeast && text != "" {
		return v.mark(cells.LowerLatency, text)
	}
	return text
}

// flow returns the medians of the target, offered and achieved rates.
func flow(c *cells.Cell) []stats.Estimate {
	return each([]cells.Value{cells.TargetRPS, cells.OfferedRPS, cells.AchievedRPS}, c.Median)
}

// flowTexts returns target, offered and achieved with their marks.
func (v *view) flowTexts(o *openTable, c *cells.Cell, in scale) []string {
	out := each(flow(c), func(e stats.Estimate) string { return v.median(in, e) })
	if o.rate.Kind == results.RateFraction {
		out[0] += v.lowerPeak(o.PlanTable, c.Server, in)
	}
	out[2] = v.achieved(c, in)
	return out
}

// achieved returns the achieved rate with its marks.
func (v *view) achieved(c *cells.Cell, in scale) string {
	return v.median(in, c.Median(cells.AchievedRPS)) + v.saturation(c) + v.tooFew(c) + v.remarks(c)
}

// lowerPeak labels a fraction of a peak that is itself a lower bound.
func (v *view) lowerPeak(t results.PlanTable, s results.Server, in scale) string {
	peak := v.Closed(t, s)
	if peak.Absent != "" || !peak.AtLeast() {
		return ""
	}
	return v.mark(cells.OfLowerPeak, in.text(peak.Median(cells.Throughput).Value))
}

// saturation marks cells whose server could not keep the rate.
func (v *view) saturation(c *cells.Cell) string {
	switch n := c.Flagged(results.FlagSaturated); n {
	case 0:
		return ""
	case len(c.Valid):
		return v.mark(cells.SaturatedRate, "")
	default:
		return v.mark(cells.SaturatedRate, fmt.Sprintf(" %d of %d", n, len(c.Valid)))
	}
}

// tooFew marks cells whose rate too few connections held back.
func (v *view) tooFew(c *cells.Cell) string {
	if limit, n := c.HeldBack(); n > 0 && limit == results.LimitConnections {
		return v.mark(cells.FewConnections)
	}
	return ""
}

// openEvidence returns the table of the open-loop cells that fell behind.
func (v *view) openEvidence() *table.Table {
	out := &table.Table{Head: []string{"scenario", "protocol", "server", "rate", "limited by", "U_S", "U_L", "why"}, Left: 5, WordsLast: true}
	for _, t := range v.Run.Plan.Tables {
		for _, r := range rateOrder(t.Rates) {
			for _, c := range v.columns(func(s results.Server) cells.Cell { return v.Open(t, s, r) }) {
				if limit, n := c.HeldBack(); n > 0 {
					out.Add(t.Scenario, t.Protocol, c.Server.Name, strings.TrimPrefix(r.PhaseName(), "open "), fmt.Sprintf("%s (%d of %d)", limit, n, len(c.Valid)),
						v.share(c.Median(cells.ServerShare)), v.share(c.Median(cells.LoaderShare)), reason(c, limit))
				}
			}
		}
	}
	return out
}

// costTable returns each server's cost at the rate, with its place where all
// servers have the rate, and the loader's own lateness.
func (v *view) costTable(o *openTable) *table.Table {
	places := o.places(&o.cost)
	thing := " µs/" + v.Thing(o.PlanTable)
	head := []string{"server CPU" + thing, v.mark(cells.LoaderWork, thing), "send lag p50 / p99, µs", "receive lag p50 / p99, µs", "window lost to stalls"}
	if places != nil {
		head = slices.Insert(head, 1, places.placeHead())
	}
	in := microseconds()
	return v.byServer(head, o.cells, func(i int, c *cells.Cell) []string {
		line := []string{v.median(in, c.Median(c.ServerCost)), v.median(in, c.Median(c.LoaderCost)), v.lag(c, cells.SendLag), v.lag(c, cells.ReceiveLag), v.stalls(c)}
		if places != nil {
			line = slices.Insert(line, 1, places.place(i))
		}
		return line
	})
}

// lag returns p50 / p99 of one of the loader's own lags, in µs.
func (v *view) lag(c *cells.Cell, of cells.Latency) string {
	if !c.Measured(of) {
		return v.mark(cells.NotMeasured)
	}
	in := microseconds()
	return v.statistic(in, c.Statistic(of, metric.P50)) + " / " + v.statistic(in, c.Statistic(of, metric.P99))
}

// stalls returns the share of the cell's median window that the loader lost to
// stalls.
func (v *view) stalls(c *cells.Cell) string {
	e := c.Median(cells.Stalled)
	if e.Kind == stats.None {
		return v.mark(cells.NotMeasured)
	}
	return percentage(e.Value)
}
