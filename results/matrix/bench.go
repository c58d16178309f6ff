package matrix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

// page is a markdown file that grows from above.
type page struct{ strings.Builder }

// line writes text of our own making, in which values are escaped already.
func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.Builder, format+"\n", args...) }

// section writes a heading, a caption and a table; nothing for no rows.
func (p *page) section(heading, caption string, t *table) {
	if len(t.rows) == 0 {
		return
	}
	p.line("\n%s\n", heading)
	if caption != "" {
		p.line("%s\n", caption)
	}
	p.WriteString(t.markdown())
}

// after writes a line beneath a table; nothing for an empty one.
func (p *page) after(text string) {
	if text != "" {
		p.line("\n%s", text)
	}
}

// list writes a heading and items; nothing for no items.
func (p *page) list(heading, caption string, items []string) {
	if len(items) == 0 {
		return
	}
	p.line("\n%s\n", heading)
	if caption != "" {
		p.line("%s\n", caption)
	}
	for _, item := range items {
		p.line("- %s", item)
	}
}

// fold writes what is looked up rather than read, closed until a reader opens
// it; nothing where write writes nothing.
func (p *page) fold(summary string, write func(*page)) {
	inner := &page{}
	write(inner)
	if inner.Len() == 0 {
		return
	}
	p.line("\n<details>\n<summary>%s</summary>\n%s\n</details>", summary, inner.String())
}

// Bench is bench_results.md: what the closed-loop phases say of each server's
// peak with this loader, what it cost and what limited it. Who is ahead comes
// first, then the tables, then what to trust; the evidence is folded away.
func Bench(set *cells.Set) string {
	v, p := newView(set), &page{}
	v.head(p, "Closed loop: peak throughput, service time and cost")
	p.list("## Who is ahead", "", v.standings())
	for _, protocol := range v.protocols() {
		name := escape(protocol)
		requests, bytes := v.closedTables(protocol, false), v.closedTables(protocol, true)
		p.section("## Throughput, "+name, "Peak with this loader; median over trials.", v.peaks(requests))
		p.section("## Bandwidth, "+name, "Bytes of bodies moved inside the window, 1 MB = 10^6 bytes; median over trials.", v.peaks(bytes))
		p.section("## Service time p50 / p99, "+name, "Closed loop, from the actual send to the last byte: no tail latency at a fixed rate (that is in wrk2_results.md).",
			v.serviceTimes(append(requests, bytes...)))
	}
	p.list("## Differences", v.claimCaption("peaks"), v.peakWords())
	v.sweepTables(p)
	p.list("## What to trust here", "", v.trust())
	p.list("## Common ceiling suspected", "Servers that look equal here may be equal only in what limits them together.", v.ceilings())
	p.list("## A/A placebo", "", v.placebo())
	v.foreignNotes(p)
	v.missingLists(p, v.closedSteps)
	p.fold("How to read these tables", v.legend)
	p.fold("Resources: what each cell cost", v.resources)
	p.fold("Evidence: what limited each cell", func(p *page) {
		p.section("## What limited each cell", "U_S and U_L are the busy shares of what server and loader could use; medians over valid trials. Elasticity: how the throughput answered to a loader that was slowed on purpose, 1 where the loader limits and 0 where it does not, or what more clients brought. Stalls: the share of the window lost to stalls of the loader of 1 ms or more.", v.evidence())
		v.witnesses(p, isClosed)
	})
	p.fold("Method, machine and servers", v.method)
	return p.String()
}

// standings says for each closed-loop table who is ahead: values with their
// places, the best first, then those that have no place.
func (v *view) standings() []string {
	var items []string
	for _, t := range v.Run.Plan.Tables {
		if !t.Closed {
			continue
		}
		row := v.closedCells(t)
		in, c := v.peakScale(t, row), v.peakContest(t, row)
		order := c.order()
		for i := range row {
			if len(row[i].Valid) > 0 && !slices.Contains(order, i) {
				order = append(order, i)
			}
		}
		words := make([]string, len(order))
		for k, i := range order {
			words[k] = row[i].Server.Name + " " + verdict(&row[i], row[i].Median(row[i].Work), in, t.Clients) + c.mark(i)
		}
		if len(words) == 0 {
			continue
		}
		text := fmt.Sprintf("%s, %s, %s: %s.", t.Scenario, t.Protocol, in.unit, strings.Join(words, "; "))
		if s := c.shortage(); s != "" {
			text += " No places: " + s + "."
		}
		items = append(items, escape(text))
	}
	return items
}

// serviceTimes is the table of p50 / p99 of closed loops.
func (v *view) serviceTimes(tables []results.PlanTable) *table {
	out := &table{head: append(append([]string{"scenario"}, v.names()...), "noise band", "detectable"), left: 1}
	for _, t := range tables {
		list := v.closedCells(t)
		middle, high := make([]cells.Percentile, len(list)), make([]cells.Percentile, len(list))
		for i := range list {
			middle[i], high[i] = v.percentile(&list[i], cells.Service, cells.P50), v.percentile(&list[i], cells.Service, cells.P99)
		}
		in := latencyScale(slices.Concat(middle, high))
		row := []string{t.Scenario + ", " + in.unit}
		for i := range list {
			if list[i].Absent != "" {
				row = append(row, absent(list[i].Absent))
				continue
			}
			row = append(row, withSpread(middle[i], in)+" / "+withSpread(high[i], in))
		}
		a, b := v.latencyContest(list, cells.Service, cells.P50), v.latencyContest(list, cells.Service, cells.P99)
		out.add(append(row, a.band()+" / "+b.band(), a.detectable()+" / "+b.detectable())...)
	}
	return out
}

// claimCaption says what is compared.
func (v *view) claimCaption(of string) string {
	if b := v.Run.Plan.Baseline; b != "" {
		return "Of " + of + ", comparing each server with the baseline " + escape(b) + ". In brackets the 95 % interval of the ratio."
	}
	return "Of " + of + ", comparing all pairs of servers. In brackets the 95 % interval of the ratio."
}

// claimRule says when a difference is claimed.
const claimRule = "A difference is claimed only where an exact Mann–Whitney U test says so after Holm's correction over the comparisons of that figure in the table, and the ratio lies outside the noise band, max(1 %, 1.96 · s⁺ · √(2/n)), s⁺ being the 95 % upper bound of the spread within cells: a ratio within it is noise, whatever a test says."

// peakWords tells each closed-loop table in words.
func (v *view) peakWords() []string {
	var items []string
	for _, t := range v.Run.Plan.Tables {
		if !t.Closed {
			continue
		}
		if words := v.peakContest(t, v.closedCells(t)).words(); words != "" {
			items = append(items, escape(fmt.Sprintf("%s, %s: %s.", t.Scenario, t.Protocol, words)))
		}
	}
	return items
}

func withSpread(l cells.Percentile, in scale) string {
	if l.Kind == stats.None {
		return "— too few samples"
	}
	return marked(l, in) + in.spread(l.Estimate)
}

// legend explains every mark of the closed-loop tables.
func (v *view) legend(p *page) {
	p.list("## How to read these tables", "", []string{
		"`x`: the server was the limit. `x … y`: both sides were full; the server's peak lies between. `≥ x (≈ y)`: the loader was the limit; x is a lower bound, y the peak that the server's own CPU use implies " + fmt.Sprintf("(no estimate where the server was less than %s busy, or full).", percentage(v.Run.Plan.Limits().EstimateFrom)),
		"`x at N clients`: neither side was full; more clients may give more. `x †`: server and loader shared CPUs. `x ?`: what limited it is not known, or differed too much between trials.",
		"`[low – high]`: 95 % interval of the median (6 trials or more). `(low – high)`: the range of fewer trials, which claims no confidence. Neither: one trial.",
		"`rank 2–4`: the places that the claimed differences leave open, 1 being the best; servers that were not told apart share places, and a server may share them with two others that differ. With a baseline, `+12 %` is a claimed difference from it and `≈` none. No rank: too few trials for claims, or a lower bound; an interval `x … y` is ranked by both its ends.",
		claimRule + " `detectable`: the smallest difference that would have been claimed with 80 % probability, at this n, this spread and this number of comparisons; `—` where no difference could be.",
		"`; 2 of 6 void`: void trials are left out; the reasons are listed below. `; n = 4`: fewer trials than planned so far.",
		"`—` says why: unsupported, no fixture (the server does not claim the row), not installed, void, not run, beyond the loader, too few samples (a percentile needs 10 samples beyond it), interrupted. `~` before a latency: the loader's own lag reaches into it.",
		loaderWork,
		"On loopback the kernel charges the work of both directions to whoever sends: the server's CPU includes part of the client's path. A faster loader can lower a server's peak: these are peaks with this loader.",
	})
}
