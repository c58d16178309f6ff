package matrix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
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

// closedTables writes the tables of the closed loops on the protocol, those of each
// unit together.
func (v *view) closedTables(p *page, protocol string) {
	of := slices.DeleteFunc(slices.Clone(v.closed), func(t closedTable) bool { return t.Protocol != protocol })
	const bytes = "byte"
	var things []string
	byThing := map[string][]closedTable{}
	for _, t := range of {
		thing := v.Thing(t.PlanTable)
		if v.Bandwidth(t.PlanTable) {
			thing = bytes
		} else {
			things = appendNew(things, thing)
		}
		byThing[thing] = append(byThing[thing], t)
	}
	for _, thing := range append(things, bytes) {
		heading, caption := "## Throughput, "+protocol, "Peak with this loader in requests a second; median over trials."
		switch thing {
		case bytes:
			heading, caption = "## Bandwidth, "+protocol, "Bytes of bodies moved inside the window, 1 MB = 10^6 bytes; median over trials."
		case "request":
		default:
			heading, caption = fmt.Sprintf("## Throughput in %ss, %s", thing, protocol), fmt.Sprintf("Peak with this loader in %ss a second; median over trials.", thing)
		}
		p.sections(heading, caption, v.peakTable(byThing[thing]))
		p.after(scaledWords(byThing[thing]))
	}
	p.sections("## Also counted, "+protocol, "A second of the window; median over trials. The loader drops an abandoned exchange on purpose: it is neither right nor failed. A wave is one connect of all clients together.",
		v.alsoTable(of))
	p.sections("## Service time p50 / p99, "+protocol, "Closed loop, from the actual send to the last byte: no tail latency at a fixed rate (that is in wrk2_results.md).",
		v.serviceTable(slices.DeleteFunc(slices.Clone(of), closedTable.empty)))
	v.serviceFold(p, of)
}

// scaledWords says which tables have less than their rows ask for; empty for none.
func scaledWords(tables []closedTable) string {
	var list []string
	for _, t := range tables {
		if words := scaling(t.PlanTable); words != "" {
			list = append(list, escape(t.Scenario+" with "+words))
		}
	}
	return enclose("Scaled to this machine: ", strings.Join(list, "; "), ".")
}

// scaling says what of the table's numbers this machine cannot hold; empty for none.
func scaling(t results.PlanTable) string {
	return strings.Join(each(t.Scaled, func(s results.Scaling) string { return s.Words(table.Digits) }), ", and ")
}

// alsoTable returns what closed loops count in addition to their answers: one line a
// table and thing, for tables that have any.
func (v *view) alsoTable(tables []closedTable) []*table.Table {
	var lines []line
	for _, t := range tables {
		for _, also := range []struct {
			thing string
			value cells.Value
		}{{"events", cells.Events}, {"abandoned exchanges", cells.Abandoned}, {"waves", cells.Waves}} {
			medians := each(t.cells, func(c *cells.Cell) stats.Estimate { return c.Median(also.value) })
			if len(values(medians)) == 0 {
				continue
			}
			in := rates(also.thing+"/s", values(medians)...)
			lines = append(lines, line{title: t.Scenario + ", " + in.unit, cells: v.texts(t.cells, func(i int, _ *cells.Cell) string {
				return show(medians[i], "—", in.text)
			})})
		}
	}
	return v.byScenario("scenario", nil, lines)
}

// empty reports whether no cell of the table has a value.
func (t closedTable) empty() bool {
	return !slices.ContainsFunc(t.cells, func(c *cells.Cell) bool { return c.Absent == "" })
}

// peakTable returns one line a closed loop: the peaks in one unit, the noise band
// and the smallest detectable difference.
func (v *view) peakTable(tables []closedTable) []*table.Table {
	in := commonScale(tables)
	return v.byScenario("scenario, "+in.unit, v.noiseHead(), each(tables, func(t closedTable) line {
		return line{t.Scenario, v.peakTexts(t, in), []string{t.peaks.band(), t.peaks.detectable()}}
	}))
}

// serviceTable returns p50 / p99 of the closed loops, in one unit. A cell without
// a value has none here: the table of peaks says why.
func (v *view) serviceTable(tables []closedTable) []*table.Table {
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
	return v.byScenario("scenario, "+in.unit, v.noiseHead(), each(tables, func(t closedTable) line {
		middle, high := statistics(t.cells, cells.Service, metric.P50), statistics(t.cells, cells.Service, metric.P99)
		texts := make([]string, len(t.cells))
		for i, c := range t.cells {
			if c.Absent == "" {
				texts[i] = text(middle[i]) + " / " + text(high[i])
			}
		}
		a, b := v.latencyContest(t.cells, cells.Service, metric.P50), v.latencyContest(t.cells, cells.Service, metric.P99)
		return line{t.Scenario, texts, []string{a.band() + " / " + b.band(), a.detectable() + " / " + b.detectable()}}
	}))
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
