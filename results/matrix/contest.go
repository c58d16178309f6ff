package matrix

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
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
	c := contest{what: what, lowIsBest: lowIsBest, baseline: v.run.Plan.Baseline, entries: entries}
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
func entryOf(c *cell, value func(sample) (float64, bool)) entry {
	return entry{sample: stats.Sample{Name: c.server.Name, Values: c.values(value)}}
}

// peakContest compares the peaks of a table. A lower bound is no peak and is
// not ranked; where both sides were full, the interval is.
func (v *view) peakContest(t results.PlanTable, cells []cell) contest {
	entries := make([]entry, len(cells))
	for i := range cells {
		c := &cells[i]
		entries[i] = entryOf(c, v.peak(t))
		if len(c.valid) == 0 {
			continue
		}
		switch c.bottleneck() {
		case results.LimitLoader:
			entries[i].unranked = "a lower bound"
		case results.LimitBalanced:
			if upper := c.uppers(v.peak(t)); upper != nil {
				entries[i].sample.Upper = upper
			} else {
				entries[i].unranked = "no upper bound"
			}
		}
	}
	what := "throughput"
	if v.bandwidth(t) {
		what = "bandwidth"
	}
	return v.contest(what, false, entries)
}

// uppers are the upper ends of a balanced cell's trials; nil where one is not
// known.
func (c *cell) uppers(value func(sample) (float64, bool)) []float64 {
	var out []float64
	for _, s := range c.valid {
		x, ok := value(s)
		factor, bounded := s.upperFactor()
		if !ok || !bounded {
			return nil
		}
		out = append(out, x*factor)
	}
	return out
}

// upperFactor is how far the server's peak may lie above what was reached: not
// at all where the server was the limit.
func (s sample) upperFactor() (float64, bool) {
	verdict := s.phase.Verdict
	rps := s.throughput()
	switch {
	case verdict.Bottleneck == results.LimitServer:
		return 1, true
	case verdict.UpperRPS != nil && rps > 0:
		return max(1, *verdict.UpperRPS/rps), true
	case verdict.ServerShare != nil && *verdict.ServerShare > 0:
		return max(1, 1 / *verdict.ServerShare), true
	}
	return 0, false
}

// latencyContest compares a percentile of cells at one rate.
func (v *view) latencyContest(label string, cells []cell, readings [][]reading, k int) contest {
	entries := make([]entry, len(cells))
	for i := range cells {
		entries[i].sample.Name = cells[i].server.Name
		l := percentile(readings[i], k)
		if l.Kind == stats.None {
			continue
		}
		for _, r := range readings[i] {
			x, _ := r.at(k)
			entries[i].sample.Values = append(entries[i].sample.Values, x)
		}
		switch {
		case saturated(&cells[i]):
			entries[i].unranked = "saturated"
		case l.atLeast:
			entries[i].unranked = "a lower bound"
		case l.rough:
			entries[i].unranked = "the loader's own lag reaches into it"
		}
	}
	return v.contest(label, true, entries)
}

// costContest compares the server's CPU per request, which has a meaning only
// between cells at one rate.
func (v *view) costContest(cells []cell) contest {
	entries := make([]entry, len(cells))
	for i := range cells {
		entries[i] = entryOf(&cells[i], func(s sample) (float64, bool) { return openCost(s, serverUsage) })
		if saturated(&cells[i]) {
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

// shortage says that claims need more trials; empty where they do not or there
// is nothing to compare.
func (c contest) shortage() string {
	k := len(c.claims.Claims)
	if c.decidable || k == 0 {
		return ""
	}
	return fmt.Sprintf("medians and ranges only: n = %d, and %s need %d trials each", c.claims.Trials(), plural(k, "comparison"), stats.TrialsToDecide(k))
}

// words tells the contest in one line, values escaped; empty where there is
// nothing to compare.
func (c contest) words() string {
	if s := c.shortage(); s != "" {
		return s
	}
	if len(c.claims.Claims) == 0 {
		return c.nothing()
	}
	var called, same []string
	for _, i := range c.order() {
		if s := c.over(i); s != "" {
			called = append(called, s)
		}
		if s := c.beside(i); s != "" {
			same = append(same, s)
		}
	}
	if len(called) == 0 {
		return "no difference is claimed: " + strings.Join(c.names(), ", ") + c.outside()
	}
	out := strings.Join(called, "; ")
	if len(same) > 0 {
		out += ". Not told apart: " + strings.Join(same, "; ")
	}
	return out + c.outside()
}

// names are the compared cells in their order.
func (c contest) names() []string {
	var out []string
	for _, i := range c.order() {
		out = append(out, c.name(i))
	}
	return out
}

// nothing says why no two cells with values are compared.
func (c contest) nothing() string {
	if c.outside() == "" {
		return ""
	}
	return "nothing is compared" + c.outside()
}

// outside names the cells with a value that are not ranked.
func (c contest) outside() string {
	var out []string
	for _, e := range c.entries {
		if e.unranked != "" && len(e.sample.Values) > 0 {
			out = append(out, e.sample.Name+" ("+e.unranked+")")
		}
	}
	if len(out) == 0 {
		return ""
	}
	return ". Unranked: " + strings.Join(out, ", ")
}

// order is the compared cells, the best median first.
func (c contest) order() []int {
	var out []int
	value := make([]float64, len(c.entries))
	for i, e := range c.entries {
		value[i] = stats.Median(e.sample.Values).Value
		if !c.lowIsBest {
			value[i] = -value[i]
		}
		if c.ranks[i].Best > 0 {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(value[a], value[b]) })
	return out
}

// over says above which cells the cell is, and by how much: "nginx above gin
// (+18 % [15 – 21])"; "below" where less is better.
func (c contest) over(i int) string {
	var list []string
	for _, j := range c.order() {
		claim, ok := c.between(i, j)
		if !ok || !claim.Called || (claim.Ratio.Value > 1) == c.lowIsBest {
			continue
		}
		list = append(list, fmt.Sprintf("%s (%s)", c.name(j), differenceWithInterval(claim.Ratio)))
	}
	if len(list) == 0 {
		return ""
	}
	word := "above"
	if c.lowIsBest {
		word = "below"
	}
	return c.name(i) + " " + word + " " + strings.Join(list, ", ")
}

// beside says from which later cells the cell was not told apart.
func (c contest) beside(i int) string {
	var list []string
	order := c.order()
	for _, j := range order[slices.Index(order, i)+1:] {
		if claim, ok := c.between(i, j); ok && !claim.Called {
			list = append(list, c.name(j))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return c.name(i) + " from " + strings.Join(list, ", ")
}

func (c contest) name(i int) string { return c.entries[i].sample.Name }

// between is the claim about two cells, as the ratio of the first to the second.
func (c contest) between(i, j int) (stats.Claim, bool) {
	for _, claim := range c.claims.Claims {
		switch {
		case claim.B == i && claim.A == j:
			return claim, true
		case claim.A == i && claim.B == j:
			r := claim.Ratio
			claim.Ratio = stats.Ratio{Value: 1 / r.Value, Low: 1 / r.High, High: 1 / r.Low, Coverage: r.Coverage}
			return claim, true
		}
	}
	return stats.Claim{}, false
}

// noise is the line under a table: each metric's noise band and what would be
// found beyond it.
func noise(contests ...contest) string {
	var list []string
	for _, c := range contests {
		if band := c.band(); band != "—" {
			list = append(list, fmt.Sprintf("%s %s (%s)", c.what, band, c.detectable()))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "Noise band, and in parentheses the smallest difference that would be found: " + strings.Join(list, "; ") + "."
}

// percentage prints a share as a percentage, "—" for an infinite one.
func percentage(x float64) string {
	switch p := x * 100; {
	case math.IsInf(x, 0):
		return "—"
	case p < 9.95:
		return strconv.FormatFloat(p, 'f', 1, 64) + " %"
	default:
		return strconv.FormatFloat(p, 'f', 0, 64) + " %"
	}
}

// difference prints a ratio as a difference in percent or, from twice or half
// on, as a factor.
func difference(ratio float64) string {
	if inPercent(ratio) {
		return signed(ratio) + " %"
	}
	return "× " + digits(ratio)
}

func differenceWithInterval(r stats.Ratio) string {
	if inPercent(r.Value) {
		return fmt.Sprintf("%s [%s – %s]", difference(r.Value), signed(r.Low), signed(r.High))
	}
	return fmt.Sprintf("%s [%s – %s]", difference(r.Value), digits(r.Low), digits(r.High))
}

func inPercent(ratio float64) bool { return ratio > 0.5 && ratio < 2 }

// signed is a ratio's difference from 1 in percent, with its sign.
func signed(ratio float64) string {
	p := (ratio - 1) * 100
	decimals := 0
	if math.Abs(p) < 9.95 {
		decimals = 1
	}
	return strings.Replace(fmt.Sprintf("%+.*f", decimals, p), "-", "−", 1)
}
