package matrix

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

// OpenLoop is wrk2_results.md: latency at fixed rates, from the intended send
// time (corrected) and from the actual one (uncorrected).
func OpenLoop(set *cells.Set) string {
	v, p := newView(set), &page{}
	v.head(p, "Open loop: tail latency at fixed rates")
	v.searchTables(p)
	shown := false
	for _, t := range v.Run.Plan.Tables {
		for _, r := range rateOrder(t.Rates) {
			v.rateSection(p, t, r)
			shown = true
		}
	}
	if !shown {
		p.line("\nThe plan has no open-loop phases at fixed rates (`--mode closed,open` and `--rates` ask for them).")
	}
	v.foreignNotes(p)
	p.section("## What limited the rates that were not kept", "Median shares over valid trials; all other rates were kept.", v.openEvidence())
	v.missingLists(p, v.openSteps)
	p.fold("How to read these tables", v.openLegend)
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
	out := slices.Clone(in)
	slices.SortStableFunc(out, func(a, b results.PlanRate) int { return cmp.Compare(class(a), class(b)) })
	return out
}

// rateSection writes the two tables of one rate.
func (v *view) rateSection(p *page, t results.PlanTable, r results.PlanRate) {
	p.line("\n## %s, %s: %s", escape(t.Scenario), escape(t.Protocol), v.rateTitle(t, r))
	row := make([]cells.Cell, len(v.columns))
	for i, s := range v.columns {
		row[i] = v.Open(t, s, r)
	}
	caption := fmt.Sprintf("%s, %s arrivals, window %s, n = %d; medians over trials.",
		whichClients(t), escape(cmp.Or(t.Arrivals(), "constant")), duration(t.OpenDurationNS), t.Trials)
	o := v.openContests(row)
	var places *contest
	if equalWork(r) {
		places = &o.tails[0]
	}
	p.section("### Corrected: from the intended send time", caption, v.latencyTable(t, r, row, cells.Corrected, places))
	p.after(noise(o.tails...))
	p.section("### Uncorrected: from the actual send time (service time)", caption+unanswered(row), v.latencyTable(t, r, row, cells.Service, nil))
	p.section("### Cost at this rate, and the loader's own lag", "", v.costTable(row, o.cost, equalWork(r)))
	if equalWork(r) {
		p.after(noise(o.cost))
		p.list("### Differences at this rate", v.claimCaption("latency and cost"), o.words())
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
func unanswered(row []cells.Cell) string {
	n := uint64(0)
	for i := range row {
		for _, s := range row[i].Valid {
			for _, p := range s.Loads {
				if p.Rate != nil {
					n += p.Rate.Censored + p.Rate.NeverSent
				}
			}
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" %s left unanswered or unsent at the end %s not in this table: it is too kind to saturated servers.",
		plural(int(n), "request"), map[bool]string{true: "is", false: "are"}[n == 1])
}

// latencyTable is one row a server, with its place where there is a contest of
// p99.
func (v *view) latencyTable(t results.PlanTable, r results.PlanRate, row []cells.Cell, of cells.Latency, places *contest) *table {
	columns := cells.Quantiles()
	out := &table{head: []string{"server", "target", "offered", "achieved"}, left: 1}
	values := make([][]cells.Percentile, len(columns)) // by column, then by server
	scales := make([]scale, len(columns))
	for k, col := range columns {
		for i := range row {
			values[k] = append(values[k], v.percentile(&row[i], of, k))
		}
		scales[k] = latencyScale(values[k])
		out.head = append(out.head, col.Label+", "+scales[k].unit)
	}
	out.head = append(out.head, "p99 over trials, "+scales[cells.P99].unit)
	if places != nil {
		out.head = append(out.head, places.placeHead())
	}
	in := flowScale(row)
	for i := range row {
		c := &row[i]
		if c.Absent != "" {
			out.absent(c)
			continue
		}
		line := append([]string{c.Server.Name}, v.flow(t, r, c, in)...)
		for k := range columns {
			line = append(line, marked(values[k][i], scales[k]))
		}
		line = append(line, p99Spread(values[cells.P99][i], scales[cells.P99]))
		if places != nil {
			line = append(line, places.place(i))
		}
		out.add(line...)
	}
	return out
}

// p99Spread is the interval or range of p99 over the trials; both ends are
// lower bounds where the value is one.
func p99Spread(l cells.Percentile, in scale) string {
	text := strings.TrimSpace(in.spread(l.Estimate))
	if text != "" && l.AtLeast {
		return "≥ " + text
	}
	return text
}

// flowRates are target, offered and achieved.
func flowRates() []cells.Value {
	return []cells.Value{cells.TargetRPS, cells.OfferedRPS, cells.AchievedRPS}
}

// flowScale is the common scale of target, offered and achieved.
func flowScale(row []cells.Cell) scale {
	var all []float64
	for i := range row {
		for _, of := range flowRates() {
			if e := row[i].Median(of); e.Kind != stats.None {
				all = append(all, e.Value)
			}
		}
	}
	return rates(all...)
}

// flow is target, offered and achieved of a cell.
func (v *view) flow(t results.PlanTable, r results.PlanRate, c *cells.Cell, in scale) []string {
	out := make([]string, 3)
	for i, of := range flowRates() {
		out[i] = "— not measured"
		if e := c.Median(of); e.Kind != stats.None {
			out[i] = in.text(e.Value)
		}
	}
	if r.Kind == results.RateFraction {
		out[0] += v.lowerPeak(t, c.Server, in)
	}
	out[2] += saturation(c) + tooFew(c) + remarks(c)
	return out
}

// lowerPeak labels a fraction of a peak that is itself a lower bound.
func (v *view) lowerPeak(t results.PlanTable, s results.Server, in scale) string {
	if !t.Closed {
		return ""
	}
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

// openLegend explains every mark of the open-loop tables.
func (v *view) openLegend(p *page) {
	limits := v.Run.Plan.Limits()
	p.list("## How to read these tables", "", []string{
		"Corrected latency begins when the request was due, so waiting behind a slow answer counts; uncorrected begins when it was really sent. One row is the median over trials of each trial's own percentile; `p99 over trials` is its 95 % interval `[low – high]` with 6 trials or more, with fewer its range `(low – high)`.",
		"`(sat)`: the server could not keep the rate; its latencies grow with the length of the window. `(conn)`: too few connections for the rate; how many it needs stands below. `≥`: requests without an answer reach this percentile, so it is a lower bound.",
		fmt.Sprintf("`~`: the loader itself sent or read late at this percentile, or was held up, by more than %s µs and more than %s of the latency. ", strconv.FormatFloat(limits.LagFloorNS/1e3, 'g', 4, 64), percentage(limits.LagShare)) + "A late send is no part of uncorrected latency. Send lag is that of requests for which a connection was idle: the loader's own error; receive lag is from the kernel's arrival of an answer to the loader's read.",
		"`rank by p99`: the places that the claimed differences leave open, 1 being the best; only where all servers have the same rate. Lower bounds, saturated cells and those marked `~` are not ranked. " + claimRule,
		"`—` in a column of percentiles: too few samples (10 must lie beyond it in every trial: p99.9 needs 10 000, p99.99 100 000 a window). Elsewhere `—` says why: unsupported, no fixture (the server does not claim the row), not installed, void, not run, beyond the loader (it could not pace this rate), interrupted.",
		"`of ≥ x`: the rate is a fraction of a peak that is a lower bound. CPU per request belongs to the rate beside it and to no other; on loopback the server's CPU includes part of the client's path.",
		loaderWork,
	})
}
