package matrix

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/results/table"
)

// OpenLoop returns wrk2_results.md: latency at fixed rates, from the intended
// send time (corrected) and from the actual one (uncorrected).
func OpenLoop(set *cells.Set) string {
	v, p := newView(set), &page{}
	v.head(p, "Open loop: tail latency at fixed rates")
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
	v.foreignNotes(p)
	p.section("## What limited the rates that were not kept", "Median shares over valid trials; all other rates were kept.", v.openEvidence())
	v.missingLists(p, isOpen)
	v.openLegend(p)
	p.fold("Evidence: failures, flags and known signatures", func(p *page) { v.witnesses(p, isOpen) })
	p.fold("Method, machine and servers", v.method)
	return p.String()
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
// each server's own peak: the servers do different work.
func (v *view) rateSection(p *page, t results.PlanTable, r results.PlanRate) {
	p.line("\n## %s: %s", escape(title(t)), v.rateTitle(t, r))
	list := v.columns(func(s results.Server) cells.Cell { return v.Open(t, s, r) })
	caption := fmt.Sprintf("%s, window %s, n = %d; medians over trials.", loadInWords(t), duration(t.OpenDurationNS), t.Trials)
	cost := v.costContest(list)
	var tails []contest
	for _, n := range []metric.Name{metric.P99, metric.P50, metric.P999} {
		tails = append(tails, v.latencyContest(list, cells.Corrected, n))
	}
	var latencyPlaces, costPlaces *contest
	if r.Kind != results.RateFraction {
		latencyPlaces, costPlaces = &tails[0], &cost
	}
	p.section("### Corrected: from the intended send time", caption, v.latencyTable(t, r, list, cells.Corrected, latencyPlaces))
	p.after(noise(tails...))
	p.section("### Uncorrected: from the actual send time (service time)", caption+unanswered(list), v.latencyTable(t, r, list, cells.Service, nil))
	momentFold(p, list)
	p.section("### Cost at this rate, and the loader's own lag", "", costTable(list, costPlaces))
	if costPlaces != nil {
		p.after(noise(cost))
		p.list("### Differences at this rate", v.claimCaption("latency and cost"), present(each(append(tails, cost), func(c contest) string {
			return enclose(c.metric+": ", c.words(), ".")
		})...))
	}
}

func (v *view) rateTitle(t results.PlanTable, r results.PlanRate) string {
	switch r.Kind {
	case results.RateFraction:
		return strings.TrimPrefix(r.PhaseName(), "open ") + " of each process's own peak"
	case results.RateAbsolute:
		return rates(r.RateRPS).text(r.RateRPS) + " req/s"
	}
	for _, c := range v.Run.CommonRates {
		if c.Scenario == t.Scenario && c.Protocol == t.Protocol {
			return fmt.Sprintf("common rate, %s req/s (%s)", rates(c.RateRPS).text(c.RateRPS), escape(c.Basis))
		}
	}
	return "common rate (not fixed yet)"
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
	return fmt.Sprintf(" %s left unanswered or unsent at the end %s not in this table: it is too kind to saturated servers.", plural(int(n), "request"), verb)
}

// latencyTable returns one line a server, with its place where there is a contest of
// p99.
func (v *view) latencyTable(t results.PlanTable, r results.PlanRate, list []*cells.Cell, of cells.Latency, places *contest) *table.Table {
	head := []string{"target", "offered", "achieved"}
	columns := latencyColumns(list, of, append(v.Percentiles(), metric.Max)...)
	for _, c := range columns {
		head = append(head, c.head())
	}
	tail := latencyColumns(list, of, metric.P99)[0]
	head = append(head, "p99 over trials, "+tail.in.unit)
	if places != nil {
		head = append(head, places.placeHead())
	}
	in := rates(values(slices.Concat(each(list, flow)...))...)
	return byServer(head, list, func(i int, c *cells.Cell) []string {
		line := v.flowTexts(t, r, c, in)
		for _, c := range columns {
			line = append(line, c.text(i))
		}
		line = append(line, spread(tail.of[i], tail.in))
		if places != nil {
			line = append(line, places.place(i))
		}
		return line
	})
}

// spread returns the interval or range of a figure over the trials; both ends are
// lower bounds where the value is one.
func spread(p cells.Statistic, in scale) string {
	text := strings.TrimSpace(in.spread(p.Estimate))
	if p.AtLeast {
		return enclose("≥ ", text, "")
	}
	return text
}

// flow returns the medians of the target, offered and achieved rates.
func flow(c *cells.Cell) []stats.Estimate {
	return each([]cells.Value{cells.TargetRPS, cells.OfferedRPS, cells.AchievedRPS}, c.Median)
}

// flowTexts returns target, offered and achieved with their marks.
func (v *view) flowTexts(t results.PlanTable, r results.PlanRate, c *cells.Cell, in scale) []string {
	out := each(flow(c), in.median)
	if r.Kind == results.RateFraction {
		out[0] += v.lowerPeak(t, c.Server, in)
	}
	out[2] += saturation(c) + tooFew(c) + remarks(c)
	return out
}

// lowerPeak labels a fraction of a peak that is itself a lower bound.
func (v *view) lowerPeak(t results.PlanTable, s results.Server, in scale) string {
	peak := v.Closed(t, s)
	if peak.Absent != "" || !peak.AtLeast() {
		return ""
	}
	return " of ≥ " + in.text(peak.Median(cells.Throughput).Value)
}

// saturation marks cells whose server could not keep the rate.
func saturation(c *cells.Cell) string {
	switch n := c.Flagged(results.FlagSaturated); n {
	case 0:
		return ""
	case len(c.Valid):
		return " (sat)"
	default:
		return fmt.Sprintf(" (sat %d of %d)", n, len(c.Valid))
	}
}

// tooFew marks cells whose rate too few connections held back.
func tooFew(c *cells.Cell) string {
	if limit, n := c.HeldBack(); n > 0 && limit == results.LimitConnections {
		return " (conn)"
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
						shareOf(c.Median(cells.ServerShare)), shareOf(c.Median(cells.LoaderShare)), reason(c, limit))
				}
			}
		}
	}
	return out
}

// costTable returns each server's cost at the rate, with its place where there
// is a contest, and the loader's own lateness.
func costTable(list []*cells.Cell, places *contest) *table.Table {
	head := []string{"server CPU µs/request", "loader work µs/request", "send lag p50 / p99, µs", "receive lag p50 / p99, µs", "window lost to stalls"}
	if places != nil {
		head = slices.Insert(head, 1, places.placeHead())
	}
	in := microseconds()
	return byServer(head, list, func(i int, c *cells.Cell) []string {
		line := []string{in.median(c.Median(c.ServerCost)), in.median(c.Median(c.LoaderCost)), lag(c, cells.SendLag), lag(c, cells.ReceiveLag), stalls(c)}
		if places != nil {
			line = slices.Insert(line, 1, places.place(i))
		}
		return line
	})
}

// lag returns p50 / p99 of one of the loader's own lags, in µs.
func lag(c *cells.Cell, of cells.Latency) string {
	if !c.Measured(of) {
		return notMeasured
	}
	in := microseconds()
	return in.statistic(c.Statistic(of, metric.P50)) + " / " + in.statistic(c.Statistic(of, metric.P99))
}

// stalls returns the share of the cell's median window that the loader lost to
// stalls.
func stalls(c *cells.Cell) string {
	return show(c.Median(cells.Stalled), notMeasured, percentage)
}

// openLegend explains every mark of the open-loop tables.
func (v *view) openLegend(p *page) {
	limits := v.Run.Plan.Limits()
	p.legend(
		"Corrected latency begins when the request was due, so waiting behind a slow answer counts; uncorrected begins when it was really sent. One row is the median over trials of each trial's own percentile; `p99 over trials` is its 95 % interval `[low – high]` with 6 trials or more, with fewer its range `(low – high)`.",
		"`(sat)`: the server could not keep the rate; its latencies grow with the length of the window. `(conn)`: too few connections for the rate; how many it needs stands below. `≥`: requests without an answer reach this percentile, so it is a lower bound.",
		fmt.Sprintf("`~`: the loader itself sent or read late at this percentile, or was held up, by more than %s µs and more than %s of the latency. ", strconv.FormatFloat(limits.LagFloorNS/1e3, 'g', 4, 64), percentage(limits.LagShare))+"A late send is no part of uncorrected latency. Send lag is that of requests for which a connection was idle: the loader's own error; receive lag is from the kernel's arrival of an answer to the loader's read.",
		"`rank by p99`: the places that the claimed differences leave open, 1 being the best; only where all servers have the same rate. Lower bounds, saturated cells and those marked `~` are not ranked. "+claimRule,
		"`—` in a column of percentiles: too few samples (10 must lie beyond it in every trial: p99.9 needs 10 000, p99.99 100 000 a window). Elsewhere `—` says why: unsupported, no fixture (the server does not claim the row), not installed, void, not run, beyond the loader (it could not pace this rate), interrupted.",
		"`of ≥ x`: the rate is a fraction of a peak that is a lower bound. CPU per request belongs to the rate beside it and to no other; on loopback the server's CPU includes part of the client's path.",
		loaderWork,
	)
}
