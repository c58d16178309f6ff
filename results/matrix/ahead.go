package matrix

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
)

// name names a table of the plan in sentences: with its protocol where the plan
// has several.
func (v *view) name(t results.PlanTable) string {
	if len(v.protocols()) > 1 {
		return title(t)
	}
	return t.Scenario
}

// standings says of each closed loop who is ahead. A duel has its own answer, and
// its tables claim nothing beyond that.
func (v *view) standings() []string {
	items := v.duelItems()
	for _, t := range v.closed {
		if v.Run.Duel != nil {
			break
		}
		s := standing{
			contest: &t.peaks, verbs: verbs{"is fastest", "are fastest", "is faster than"},
			value:    func(i int) string { return peakInWords(t.cells[i], t.in, t.Clients) },
			unplaced: func(reason string, list []int) string { return v.boundsInWords(t, reason, list) },
		}
		items = append(items, v.name(t.PlanTable)+clientsInWords(t.PlanTable)+": "+orWhy(s.sentence(), t.cells, "")+".")
	}
	return items
}

// orNothing returns the sentences or, where no cell of the run has a value, one that
// says so.
func (v *view) orNothing(sentences ...func() []string) []string {
	if len(v.counted()) == 0 {
		if v.Run.State == results.RunRunning {
			return []string{"Nothing is measured yet."}
		}
		return []string{"Nothing was measured that may be believed."}
	}
	var out []string
	for _, of := range sentences {
		out = append(out, of()...)
	}
	return out
}

// clientsInWords says that peaks are those of the best number of clients; empty
// without a sweep.
func clientsInWords(t results.PlanTable) string {
	if t.Sweep == nil {
		return ""
	}
	return ", each at its best number of clients"
}

// orWhy returns the sentence or, where no cell has a value, why there is none.
// Cells whose trials count lack it for the reason lacking.
func orWhy(sentence string, list []*cells.Cell, lacking string) string {
	if sentence != "" {
		return sentence
	}
	var reasons []string
	for _, c := range list {
		reasons = appendNew(reasons, cmp.Or(string(c.Absent), lacking))
	}
	return "no server has a result (" + strings.Join(reasons, ", ") + ")"
}

// peakInWords returns a peak with what limits its meaning.
func peakInWords(c *cells.Cell, in scale, clients int) string {
	e := c.Median(c.Work)
	bound, bounded := c.Upper(e.Value)
	switch limit := c.Bottleneck(); {
	case limit == results.LimitServer, limit == results.LimitLoader:
		return in.withUnit(e.Value)
	case limit == results.LimitBalanced && bounded:
		return in.text(e.Value) + " to " + in.withUnit(bound)
	case limit == results.LimitConnections:
		return in.withUnit(e.Value) + " at " + clientsUsed(c, clients) + " clients"
	default:
		return in.withUnit(e.Value) + ", " + cells.LimitWords(limit)
	}
}

// boundsInWords says what the peaks without a place are worth.
func (v *view) boundsInWords(t closedTable, reason string, list []int) string {
	names := results.Listed(each(list, func(i int) string {
		c := t.cells[i]
		return c.Server.Name + " did at least " + t.in.withUnit(c.Median(c.Work).Value)
	}), "and")
	it := "it"
	if len(list) > 1 {
		it = "them"
	}
	if reason == lowerBound {
		return names + ": the loader could not push " + it + " further"
	}
	return names + ": " + cells.LimitWords(results.LimitBalanced) + ", and the upper end is not known"
}

// rateStandings says who has the lowest p99 and the lowest cost at each rate that
// all servers have, and who could not keep a share of its own peak.
func (v *view) rateStandings() []string {
	items := v.duelItems()
	for _, t := range v.Run.Plan.Tables {
		var own []string
		for _, r := range rateOrder(t.Rates) {
			switch o := v.openTable(t, r); {
			case r.Kind == results.RateFraction:
				own = append(own, fellBehind(o))
			case v.Run.Duel == nil:
				items = append(items, v.atRate(o)...)
			}
		}
		items = append(items, present(enclose(v.name(t)+", at shares of each server's own peak, where servers do different work and are not ranked: ", strings.Join(present(own...), "; "), "."))...)
	}
	return items
}

// atRate says who has the lowest p99 and who the lowest cost at a rate that all
// servers have.
func (v *view) atRate(o *openTable) []string {
	at := v.name(o.PlanTable) + " at " + v.rateInWords(o)
	p99 := func(c *cells.Cell) cells.Statistic { return c.Statistic(cells.Corrected, metric.P99) }
	in, cost := latencyScale(each(o.cells, p99)), scale{per: 1e3, unit: "µs " + oneOf(v.Thing(o.PlanTable))}
	tail := standing{
		contest: &o.tails[0], verbs: verbs{"has the lowest p99", "have the lowest p99", "has a lower p99 than"},
		value: func(i int) string { return in.withUnit(p99(o.cells[i]).Value) },
		unplaced: func(reason string, list []int) string {
			return unplacedTail(reason, each(list, func(i int) string { return o.cells[i].Server.Name }))
		},
	}
	cpu := standing{
		contest: &o.cost, verbs: verbs{"costs least", "cost least", "costs less than"},
		value: func(i int) string { return cost.withUnit(o.cells[i].Median(o.cells[i].ServerCost).Value) },
		// The sentence about p99 names the saturated ones.
		unplaced: func(string, []int) string { return "" },
	}
	items := []string{at + ", p99: " + orWhy(tail.sentence(), o.cells, "too few samples") + "."}
	if o.rate.Kind != results.RateCommon && !o.only() {
		return items // one sentence about cost is enough
	}
	return append(items, present(enclose(at+", CPU: ", cpu.sentence(), "."))...)
}

// only reports whether no other rate of the table is shared by all servers.
func (o *openTable) only() bool {
	return !slices.ContainsFunc(o.Rates, func(r results.PlanRate) bool { return r.Kind != results.RateFraction && r != o.rate })
}

// rateInWords names a rate that all servers have.
func (v *view) rateInWords(o *openTable) string {
	rate := o.rate.RateRPS
	if o.rate.Kind == results.RateCommon {
		c := v.commonRate(o.PlanTable)
		if c == nil {
			return "the common rate"
		}
		rate = c.RateRPS
	}
	return rates(v.RateUnit(o.PlanTable), rate).withUnit(rate) + " each"
}

// unplacedTail says why servers have no place by p99.
func unplacedTail(reason string, names []string) string {
	who := results.Listed(names, "and")
	switch reason {
	case saturated:
		return who + " could not keep the rate"
	case lowerBound:
		return "requests without an answer reach the p99 of " + who
	}
	return "the loader's own lag reaches into the p99 of " + who
}

// fellBehind names the servers that could not keep a share of their own peaks, and
// says that the others kept it; empty where nothing was measured.
func fellBehind(o *openTable) string {
	var behind, kept []string
	for _, c := range o.cells {
		switch n := c.Flagged(results.FlagSaturated); {
		case len(c.Valid) == 0:
		case n == 0:
			kept = append(kept, c.Server.Name)
		case n == len(c.Valid):
			behind = append(behind, c.Server.Name)
		default:
			behind = append(behind, fmt.Sprintf("%s (in %d of %d trials)", c.Server.Name, n, len(c.Valid)))
		}
	}
	share := strings.TrimPrefix(o.rate.PhaseName(), "open ")
	switch {
	case len(behind) > 0:
		return results.Listed(behind, "and") + " could not keep " + share
	case len(kept) == len(o.cells):
		return "all kept " + share
	}
	return enclose("", results.Listed(kept, "and"), " kept "+share)
}

// searchStandings lists the highest rates that kept each table's objective, the
// highest first. No test compares them.
func (v *view) searchStandings() []string {
	var items []string
	for _, t := range v.Run.Plan.Tables {
		if t.Objective == nil {
			continue
		}
		list, in := v.searches(t)
		var found, none []string
		for _, h := range byRate(list) {
			if len(h.Confirmed) == 0 {
				if why := noRate(h); why != "" {
					none = append(none, h.Server.Name+" "+why)
				}
				continue
			}
			e, atLeast := h.Rate()
			least := ""
			if atLeast {
				least = "at least "
			}
			found = append(found, h.Server.Name+" "+least+in.withUnit(e.Value))
		}
		text := strings.Join(present(results.Listed(found, "and"), strings.Join(none, "; ")), "; ")
		if text == "" {
			text = "no server has a result"
		}
		items = append(items, fmt.Sprintf("%s: the highest rate that keeps %s: %s. No test compares these rates.", v.name(t), t.Objective, text))
	}
	return items
}

// byRate returns the searches with the highest rate first.
func byRate(list []*cells.Searches) []*cells.Searches {
	rate := func(h *cells.Searches) float64 {
		e, _ := h.Rate()
		return e.Value
	}
	return slices.SortedStableFunc(slices.Values(list), func(a, b *cells.Searches) int { return cmp.Compare(rate(b), rate(a)) })
}

// noRate says why a search that was made has no rate; empty where none was made.
func noRate(h *cells.Searches) string {
	switch {
	case len(h.Refused) > 0:
		return "held no rate on a fresh process"
	case len(h.NoRate) > 0:
		return "missed it even at the lowest rate"
	case len(h.Unclear) > 0:
		return "has no clear answer"
	}
	return ""
}

// duelItems says what a duel asked and decided; none for other runs.
func (v *view) duelItems() []string {
	if v.Run.Duel == nil {
		return nil
	}
	return duelWords(v.Run.Duel)
}
