package matrix

import (
	"fmt"
	"strconv"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

// entry is one cell as a comparison looks at it.
type entry struct {
	sample stats.Sample
	// unranked says why a cell that has a value is not compared.
	unranked string
}

// contest is the comparison of the cells of a table in one metric (method.md
// §4). Its entries are in the order of the cells.
type contest struct {
	// what is the metric as a sentence names it, such as "throughput".
	what      string
	lowIsBest bool
	baseline  string
	entries   []entry
	claims    stats.Table
	// decidable is true when the trials suffice for claims.
	decidable bool
	ranks     []stats.RankRange
}

// contest compares the entries: all pairs, or each with the run's baseline.
func (v *view) contest(what string, lowIsBest bool, entries []entry) contest {
	c := contest{what: what, lowIsBest: lowIsBest, baseline: v.Run.Plan.Baseline, entries: entries}
	samples := make([]stats.Sample, len(entries))
	for i, e := range entries {
		samples[i] = stats.Sample{Name: e.sample.Name}
		if e.unranked == "" {
			samples[i] = e.sample
		}
	}
	c.claims = stats.Claims(samples, stats.ClaimOptions{Baseline: c.baseline})
	c.decidable = c.claims.Decidable()
	c.ranks = c.claims.RankRanges(lowIsBest)
	return c
}

// entryOf is a cell with one value a valid trial.
func entryOf(c *cells.Cell, value cells.Value) entry {
	return entry{sample: stats.Sample{Name: c.Server.Name, Values: c.Values(value)}}
}

// peakContest compares the peaks of a table. A lower bound is no peak and is
// not ranked; where both sides were full, the interval is.
func (v *view) peakContest(t results.PlanTable, row []cells.Cell) contest {
	entries := make([]entry, len(row))
	for i := range row {
		c := &row[i]
		entries[i] = entryOf(c, c.Work)
		switch {
		case len(c.Valid) == 0:
		case c.AtLeast():
			entries[i].unranked = "a lower bound"
		case c.Bottleneck() == results.LimitBalanced:
			if entries[i].sample.Upper = c.Uppers(); entries[i].sample.Upper == nil {
				entries[i].unranked = "no upper bound"
			}
		}
	}
	what := "throughput"
	if v.Bandwidth(t) {
		what = "bandwidth"
	}
	return v.contest(what, false, entries)
}

// latencyContest compares a percentile of cells at one rate.
func (v *view) latencyContest(row []cells.Cell, of cells.Latency, place int) contest {
	entries := make([]entry, len(row))
	for i := range row {
		l := v.percentile(&row[i], of, place)
		entries[i].sample = stats.Sample{Name: row[i].Server.Name, Values: l.Values}
		switch {
		case l.Kind == stats.None:
		case row[i].Saturated():
			entries[i].unranked = "saturated"
		case l.AtLeast:
			entries[i].unranked = "a lower bound"
		case l.Rough:
			entries[i].unranked = "the loader's own lag reaches into it"
		}
	}
	return v.contest(cells.Quantiles()[place].Label, true, entries)
}

// costContest compares the server's CPU per request, which has a meaning only
// between cells at one rate.
func (v *view) costContest(row []cells.Cell) contest {
	entries := make([]entry, len(row))
	for i := range row {
		entries[i] = entryOf(&row[i], row[i].ServerCost)
		if row[i].Saturated() {
			entries[i].unranked = "saturated"
		}
	}
	return v.contest("CPU", true, entries)
}

// mark is the cell's place as it follows a value: ", rank 2–4" or, with a
// baseline, ", +12 %"; empty where nothing may be claimed.
func (c contest) mark(i int) string {
	place := c.place(i)
	switch {
	case place == "":
		return ""
	case c.baseline == "":
		return ", rank " + place
	}
	return ", " + place
}

// place is the cell's rank range or what was found against the baseline: a
// difference, or "≈" for none; empty where nothing may be claimed.
func (c contest) place(i int) string {
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

// placeHead is the head of a column of places.
func (c contest) placeHead() string {
	if c.baseline != "" {
		return c.what + " against " + c.baseline
	}
	return "rank by " + c.what
}

func (c contest) againstBaseline(i int) string {
	for _, claim := range c.claims.Claims {
		switch {
		case claim.A == i:
			return "baseline"
		case claim.B != i:
		case claim.Called:
			return difference(claim.Ratio.Value)
		default:
			return "≈"
		}
	}
	return ""
}

// band is the noise band at the contest's number of trials, "—" where nothing
// is compared.
func (c contest) band() string {
	n := c.claims.Trials()
	return percentage(c.claims.Spread.NoiseBand(n, n))
}

// detectable is the smallest difference that would be found, "—" where none
// could be.
func (c contest) detectable() string { return percentage(c.claims.SmallestDetectable()) }
