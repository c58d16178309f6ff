package matrix

import (
	"fmt"
	"strconv"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
)

// entry is one cell's part in a comparison.
type entry struct {
	sample stats.CellValues
	// unranked says why a cell that has a value is not compared.
	unranked string
}

// The reasons for which a cell with a value is not compared.
const (
	lowerBound   = "a lower bound"
	noUpperBound = "no upper bound"
	saturated    = "saturated"
	ownLag       = "the loader's own lag reaches into it"
	duelDecides  = "the duel's own test decides"
)

// contest is the comparison of the cells of a table in one metric (METHOD.md §4).
// Its entries are in the order of the cells.
type contest struct {
	drawing *cells.Drawing
	// metric is a noun, such as "throughput".
	metric    string
	lowIsBest bool
	baseline  string
	entries   []entry
	claims    stats.ClaimSet
	// decidable is true when the trials suffice for claims.
	decidable bool
	ranks     []stats.RankRange
}

// contest compares the entries: all pairs, or each with the run's baseline.
func (v *view) contest(metric string, lowIsBest bool, entries []entry) contest {
	if v.Run.Duel != nil {
		// A duel ends when its own test is satisfied: another test would find
		// differences that the choice of the end has made.
		for i := range entries {
			entries[i].unranked = duelDecides
		}
	}
	c := contest{drawing: v.drawing, metric: metric, lowIsBest: lowIsBest, baseline: v.Run.Plan.Baseline, entries: entries}
	samples := each(entries, func(e entry) stats.CellValues {
		if e.unranked != "" {
			return stats.CellValues{Name: e.sample.Name}
		}
		return e.sample
	})
	c.claims = stats.Claims(samples, c.baseline)
	c.decidable = c.claims.Decidable()
	c.ranks = c.claims.RankRanges(lowIsBest)
	return c
}

// entryOf returns the entry of a cell with one value a valid trial.
func entryOf(c *cells.Cell, value cells.Value) entry {
	return entry{sample: stats.CellValues{Name: c.Server.Name, Values: c.Values(value)}}
}

// peakContest compares the peaks of a table. A lower bound is no peak and is
// not ranked; where both sides were full, the interval is.
func (v *view) peakContest(t results.PlanTable, list []*cells.Cell) contest {
	metric := "throughput"
	if v.Bandwidth(t) {
		metric = "bandwidth"
	}
	return v.contest(metric, false, each(list, func(c *cells.Cell) entry {
		e := entryOf(c, c.Work)
		switch {
		case len(c.Valid) == 0:
		case c.AtLeast():
			e.unranked = lowerBound
		case c.Bottleneck() == results.LimitBalanced:
			if e.sample.Upper = c.Uppers(); e.sample.Upper == nil {
				e.unranked = noUpperBound
			}
		}
		return e
	}))
}

// latencyContest compares a figure of latency of cells at one rate.
func (v *view) latencyContest(list []*cells.Cell, of cells.Latency, n metric.Name) contest {
	return v.contest(string(n), true, each(list, func(c *cells.Cell) entry {
		p := c.Statistic(of, n)
		e := entry{sample: stats.CellValues{Name: c.Server.Name, Values: p.Values}}
		switch {
		case p.Kind == stats.None:
		case c.Saturated():
			e.unranked = saturated
		case p.AtLeast:
			e.unranked = lowerBound
		case p.Rough:
			e.unranked = ownLag
		}
		return e
	}))
}

// costContest compares the server's CPU per request, which has a meaning only
// between cells at one rate.
func (v *view) costContest(list []*cells.Cell) contest {
	return v.contest("CPU", true, each(list, func(c *cells.Cell) entry {
		e := entryOf(c, c.ServerCost)
		if c.Saturated() {
			e.unranked = saturated
		}
		return e
	}))
}

// mark returns the cell's place as it follows a value: ", rank 2–4" or, with a
// baseline, ", +12 %"; empty where nothing may be claimed.
func (c *contest) mark(i int) string {
	if c.baseline == "" {
		if place := c.place(i); place != "" {
			return c.drawing.Mark(cells.RankPlace, place)
		}
		return ""
	}
	return enclose(", ", c.place(i), "")
}

// place returns the cell's rank range or, with a baseline, the claimed
// difference from it, "≈" for none; empty where nothing may be claimed.
func (c *contest) place(i int) string {
	r := c.ranks[i]
	switch {
	case !c.decidable || r.Best == 0:
		return ""
	case c.baseline != "":
		return c.againstBaseline(i)
	case r.Best == r.Worst:
		return strconv.Itoa(r.Best)
	}
	return fmt.Sprintf("%d–%d", r.Best, r.Worst)
}

func (c *contest) againstBaseline(i int) string {
	for _, claim := range c.claims.Claims {
		switch {
		case claim.A == i:
			return c.drawing.Mark(cells.BaselineItself)
		case claim.B != i:
		case claim.Called:
			return c.drawing.Mark(cells.BaselineDifference, difference(claim.Ratio.Value))
		default:
			return c.drawing.Mark(cells.BaselineAlike)
		}
	}
	return ""
}

// placeHead returns the head of a column of places.
func (c *contest) placeHead() string {
	if c.baseline != "" {
		return c.metric + " against " + c.baseline
	}
	return c.drawing.Mark(cells.RankColumn, c.metric)
}

// noiseBand returns the noise band at the contest's number of trials, +Inf where
// nothing is compared.
func (c *contest) noiseBand() float64 {
	n := c.claims.Trials()
	return c.claims.Spread.NoiseBand(n, n)
}

// band returns the noise band as text, "—" where nothing is compared.
func (c *contest) band() string { return percentage(c.noiseBand()) }

// detectable returns the smallest difference that would be claimed, "—" where
// none could be.
func (c *contest) detectable() string { return percentage(c.claims.SmallestDetectable()) }
