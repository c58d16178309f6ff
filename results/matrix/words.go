package matrix

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results/stats"
)

// shortage says that claims need more trials; empty where they do not or there
// is nothing to compare.
func (c contest) shortage() string {
	k := len(c.claims.Claims)
	if c.decidable || k == 0 {
		return ""
	}
	who := fmt.Sprintf("%d comparisons need", k)
	if k == 1 {
		who = "one comparison needs"
	}
	return fmt.Sprintf("medians and ranges only: n = %d, and %s %d trials each", c.claims.Trials(), who, stats.TrialsToDecide(k))
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

// outside names the cells with a value that are not ranked, by reason.
func (c contest) outside() string {
	var reasons []string
	names := map[string][]string{}
	for _, e := range c.entries {
		if e.unranked == "" || len(e.sample.Values) == 0 {
			continue
		}
		if names[e.unranked] == nil {
			reasons = append(reasons, e.unranked)
		}
		names[e.unranked] = append(names[e.unranked], e.sample.Name)
	}
	if len(reasons) == 0 {
		return ""
	}
	var out []string
	for _, why := range reasons {
		out = append(out, strings.Join(names[why], ", ")+" ("+why+")")
	}
	return ". Unranked: " + strings.Join(out, "; ")
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
