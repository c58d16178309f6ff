package matrix

import (
	"slices"

	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/results/table"
)

// Bench returns bench_results.md: each server's peak with this loader in the
// closed loop, its cost and its limit. Sentences say who is ahead; tables and
// what to trust follow. The evidence is folded away.
func Bench(set *cells.Set) string {
	v, p := newView(set), &page{}
	v.head(p, "Closed loop: peak throughput, service time and cost", v.orNothing(v.standings))
	for _, protocol := range v.protocols() {
		v.closedTables(p, protocol)
	}
	v.sweepTables(p)
	v.conformance(p)
	p.list("## What to trust here", "", v.trust())
	v.foreignNotes(p)
	v.missingLists(p, isClosed)
	folds := &page{}
	folds.fold("What each cell cost", v.resources)
	folds.fold("Start, memory, size and energy of each server", v.lives)
	folds.fold("Profiles", v.profiles)
	folds.fold("Evidence: differences, limits, failures", v.closedEvidence)
	folds.fold("Method, machine and servers", v.method)
	v.legend(p)
	p.WriteString(folds.String())
	return p.String()
}

// closedEvidence writes what the sentences and tables of the closed loops rest on.
func (v *view) closedEvidence(p *page) {
	p.list("## Differences", v.claimCaption("peaks"), v.differences())
	p.list("## A/A placebo", "", v.placeboItems())
	p.section("## What limited each cell", "U_S and U_L are the busy shares of what server and loader could use; medians over valid trials. Elasticity: how the throughput answered to a loader that was slowed on purpose, 1 where the loader limits and 0 where it does not, or what more clients brought. Stalls: the share of the window lost to stalls of the loader of 1 ms or more.", v.evidence())
	v.witnesses(p, isClosed)
}

// closedTables writes the tables of the closed loops on the protocol.
func (v *view) closedTables(p *page, protocol string) {
	tables := func(bandwidth bool) []closedTable {
		return slices.DeleteFunc(slices.Clone(v.closed), func(t closedTable) bool {
			return t.Protocol != protocol || v.Bandwidth(t.PlanTable) != bandwidth
		})
	}
	requests, bytes := tables(false), tables(true)
	p.section("## Throughput, "+protocol, "Peak with this loader in requests a second; median over trials.", v.peakTable(requests))
	p.section("## Bandwidth, "+protocol, "Bytes of bodies moved inside the window, 1 MB = 10^6 bytes; median over trials.", v.peakTable(bytes))
	p.section("## Service time p50 / p99, "+protocol, "Closed loop, from the actual send to the last byte: no tail latency at a fixed rate (that is in wrk2_results.md).",
		v.serviceTable(slices.DeleteFunc(slices.Concat(requests, bytes), closedTable.empty)))
	v.serviceFold(p, slices.Concat(requests, bytes))
}

// empty reports whether no cell of the table has a value.
func (t closedTable) empty() bool {
	return !slices.ContainsFunc(t.cells, func(c *cells.Cell) bool { return c.Absent == "" })
}

// peakTable returns one line a closed loop: the peaks in one unit, the noise band
// and the smallest detectable difference.
func (v *view) peakTable(tables []closedTable) *table.Table {
	in := commonScale(tables)
	return v.byScenario(in.unit, tables, func(t closedTable) []string {
		return append(v.peakTexts(t, in), t.peaks.band(), t.peaks.detectable())
	})
}

// serviceTable returns p50 / p99 of the closed loops, in one unit. A cell without
// a value has none here: the table of peaks says why.
func (v *view) serviceTable(tables []closedTable) *table.Table {
	var all []cells.Statistic
	for _, t := range tables {
		all = slices.Concat(all, statistics(t.cells, cells.Service, metric.P50), statistics(t.cells, cells.Service, metric.P99))
	}
	in := latencyScale(all)
	text := func(p cells.Statistic) string {
		if p.Kind == stats.None {
			return v.mark(cells.FewSamples)
		}
		return v.statistic(in, p) + v.spread(in, p.Estimate)
	}
	return v.byScenario(in.unit, tables, func(t closedTable) []string {
		middle, high := statistics(t.cells, cells.Service, metric.P50), statistics(t.cells, cells.Service, metric.P99)
		line := make([]string, len(t.cells))
		for i, c := range t.cells {
			if c.Absent == "" {
				line[i] = text(middle[i]) + " / " + text(high[i])
			}
		}
		a, b := v.latencyContest(t.cells, cells.Service, metric.P50), v.latencyContest(t.cells, cells.Service, metric.P99)
		return append(line, a.band()+" / "+b.band(), a.detectable()+" / "+b.detectable())
	})
}

// claimCaption says which comparisons are made.
func (v *view) claimCaption(of string) string {
	who := "all pairs of servers"
	if b := v.Run.Plan.Baseline; b != "" {
		who = "each server with the baseline " + escape(b)
	}
	return "Of " + of + ", comparing " + who + ". In brackets the 95 % interval of the ratio."
}

// differences says of each closed-loop table which differences are claimed.
func (v *view) differences() []string {
	return present(each(v.closed, func(t closedTable) string { return enclose(title(t.PlanTable)+": ", t.peaks.words(), ".") })...)
}
