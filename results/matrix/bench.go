package matrix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
)

// Bench returns bench_results.md: each server's peak with this loader in the
// closed loop, its cost and its limit. Who is ahead comes first, then the
// tables, then what to trust; the evidence is folded away.
func Bench(set *cells.Set) string {
	v, p := newView(set), &page{}
	v.head(p, "Closed loop: peak throughput, service time and cost")
	p.list("## Who is ahead", "", v.standings())
	for _, protocol := range v.protocols() {
		v.closedTables(p, protocol)
	}
	p.list("## Differences", v.claimCaption("peaks"), v.differences())
	v.sweepTables(p)
	p.list("## What to trust here", "", v.trust())
	p.list("## Common ceiling suspected", "Servers that look equal here may be equal only in what limits them together.", v.ceilings())
	p.list("## A/A placebo", "", v.placeboItems())
	v.foreignNotes(p)
	v.missingLists(p, isClosed)
	v.closedLegend(p)
	p.fold("Resources: what each cell cost", v.resources)
	p.fold("Evidence: what limited each cell", func(p *page) {
		p.section("## What limited each cell", "U_S and U_L are the busy shares of what server and loader could use; medians over valid trials. Elasticity: how the throughput answered to a loader that was slowed on purpose, 1 where the loader limits and 0 where it does not, or what more clients brought. Stalls: the share of the window lost to stalls of the loader of 1 ms or more.", v.evidence())
		v.witnesses(p, isClosed)
	})
	p.fold("Method, machine and servers", v.method)
	return p.String()
}

// closedTables writes the tables of the closed loops on the protocol.
func (v *view) closedTables(p *page, protocol string) {
	tables := func(bandwidth bool) []closedTable {
		return slices.DeleteFunc(slices.Clone(v.closed), func(t closedTable) bool {
			return t.Protocol != protocol || v.Bandwidth(t.PlanTable) != bandwidth
		})
	}
	requests, bytes := tables(false), tables(true)
	p.section("## Throughput, "+protocol, "Peak with this loader; median over trials.", v.byScenario(requests, peakLine))
	p.section("## Bandwidth, "+protocol, "Bytes of bodies moved inside the window, 1 MB = 10^6 bytes; median over trials.", v.byScenario(bytes, peakLine))
	p.section("## Service time p50 / p99, "+protocol, "Closed loop, from the actual send to the last byte: no tail latency at a fixed rate (that is in wrk2_results.md).",
		v.byScenario(append(requests, bytes...), v.serviceLine))
	v.serviceFold(p, append(requests, bytes...))
}

// standings says for each closed-loop table who is ahead: values with their
// places, the best first, then those that have no place.
func (v *view) standings() []string {
	var items []string
	for _, t := range v.closed {
		order := t.peaks.order()
		for i, c := range t.cells {
			if len(c.Valid) > 0 {
				order = appendNew(order, i)
			}
		}
		if len(order) == 0 {
			continue
		}
		words := each(order, func(i int) string {
			c := t.cells[i]
			return c.Server.Name + " " + verdict(c, c.Median(c.Work), t.in, t.Clients) + t.peaks.mark(i)
		})
		items = append(items, fmt.Sprintf("%s, %s: %s.", title(t.PlanTable), t.in.unit, strings.Join(words, "; "))+
			enclose(" No places: ", t.peaks.shortage(), "."))
	}
	return items
}

// serviceLine returns p50 / p99 of the closed loops of a table.
func (v *view) serviceLine(t closedTable) []string {
	middle, high := statistics(t.cells, cells.Service, metric.P50), statistics(t.cells, cells.Service, metric.P99)
	in := latencyScale(slices.Concat(middle, high))
	text := func(p cells.Statistic) string {
		if p.Kind == stats.None {
			return "— too few samples"
		}
		return in.statistic(p) + in.spread(p.Estimate)
	}
	row := texts(t.cells, func(i int, _ *cells.Cell) string { return text(middle[i]) + " / " + text(high[i]) })
	a, b := v.latencyContest(t.cells, cells.Service, metric.P50), v.latencyContest(t.cells, cells.Service, metric.P99)
	return append(slices.Insert(row, 0, t.Scenario+", "+in.unit), a.band()+" / "+b.band(), a.detectable()+" / "+b.detectable())
}

// claimCaption says which comparisons are made.
func (v *view) claimCaption(of string) string {
	who := "all pairs of servers"
	if b := v.Run.Plan.Baseline; b != "" {
		who = "each server with the baseline " + escape(b)
	}
	return "Of " + of + ", comparing " + who + ". In brackets the 95 % interval of the ratio."
}

// claimRule says when a difference is claimed.
const claimRule = "A difference is claimed only where an exact Mann–Whitney U test says so after Holm's correction over the comparisons of that figure in the table, and the ratio lies outside the noise band, max(1 %, 1.96 · s⁺ · √(2/n)), s⁺ being the 95 % upper bound of the spread within cells: a ratio within it is noise, whatever a test says."

// differences says of each closed-loop table which differences are claimed.
func (v *view) differences() []string {
	return present(each(v.closed, func(t closedTable) string { return enclose(title(t.PlanTable)+": ", t.peaks.words(), ".") })...)
}

// closedLegend explains every mark of the closed-loop tables.
func (v *view) closedLegend(p *page) {
	p.legend(
		"`x`: the server was the limit. `x … y`: both sides were full; the server's peak lies between. `≥ x (≈ y)`: the loader was the limit; x is a lower bound, y the peak that the server's own CPU use implies "+fmt.Sprintf("(no estimate where the server was less than %s busy, or full).", percentage(v.Run.Plan.Limits().EstimateFrom)),
		"`x at N clients`: neither side was full; more clients may give more. `x †`: server and loader shared CPUs. `x ?`: what limited it is not known, or differed too much between trials.",
		"`[low – high]`: 95 % interval of the median (6 trials or more). `(low – high)`: the range of fewer trials, which claims no confidence. Neither: one trial.",
		"`rank 2–4`: the places that the claimed differences leave open, 1 being the best; servers that were not distinguished share places, and a server may share them with two others that differ. With a baseline, `+12 %` is a claimed difference from it and `≈` none. No rank: too few trials for claims, or a lower bound; an interval `x … y` is ranked by both its ends.",
		claimRule+" `detectable`: the smallest difference that would have been claimed with 80 % probability, at this n, this spread and this number of comparisons; `—` where no difference could be.",
		"`; 2 of 6 void`: void trials are left out; the reasons are listed below. `; n = 4`: fewer trials than planned so far.",
		"`—` says why: unsupported, no fixture (the server does not claim the row), not installed, void, not run, beyond the loader, too few samples (a percentile needs 10 samples beyond it), interrupted. `~` before a latency: the loader's own lag reaches into it.",
		loaderWork,
		"On loopback the kernel charges the work of both directions to the sender: the server's CPU includes part of the client's path. A faster loader can lower a server's peak: these are peaks with this loader.",
	)
}
