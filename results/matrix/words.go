package matrix

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results/stats"
)

// oneOf returns the thing with its article, such as "a request" or "an upload".
func oneOf(thing string) string {
	if strings.ContainsRune("aeiou", rune(thing[0])) {
		return "an " + thing
	}
	return "a " + thing
}

// shortage says that claims need more trials; empty where they do not or there
// is nothing to compare.
func (c *contest) shortage() string {
	k := len(c.claims.Claims)
	if c.decidable || k == 0 {
		return ""
	}
	who := fmt.Sprintf("%d comparisons need", k)
	if k == 1 {
		who = "one comparison needs"
	}
	return fmt.Sprintf("%d each; %s %d", c.claims.Trials(), who, stats.TrialsToDecide(k))
}

// words says in one line which differences are claimed: "nginx above gin (+18 %
// [15 – 21])", or "below" where less is better. It is empty where there is
// nothing to compare.
func (c *contest) words() string {
	if s := c.shortage(); s != "" {
		return "too few trials, " + s
	}
	unranked := c.unranked()
	if len(c.claims.Claims) == 0 {
		if unranked == "" {
			return ""
		}
		return "nothing is compared" + unranked
	}
	word := " above "
	if c.lowIsBest {
		word = " below "
	}
	var called, same, names []string
	order := c.order()
	for k, i := range order {
		var worse, alike []string
		for l, j := range order {
			claim, ok := c.between(i, j)
			switch {
			case !ok:
			case claim.Called && (claim.Ratio.Value > 1) != c.lowIsBest:
				worse = append(worse, fmt.Sprintf("%s (%s)", c.name(j), differenceWithInterval(claim.Ratio)))
			case !claim.Called && l > k:
				alike = append(alike, c.name(j))
			}
		}
		names = append(names, c.name(i))
		called = append(called, enclose(c.name(i)+word, strings.Join(worse, ", "), ""))
		same = append(same, enclose(c.name(i)+" from ", strings.Join(alike, ", "), ""))
	}
	if called = present(called...); len(called) == 0 {
		return "no difference is claimed: " + strings.Join(names, ", ") + unranked
	}
	return strings.Join(called, "; ") + enclose(". Not distinguished: ", strings.Join(present(same...), "; "), "") + unranked
}

// unranked names the cells with a value that are not ranked, by reason.
func (c *contest) unranked() string {
	var reasons []string
	names := map[string][]string{}
	for i, e := range c.entries {
		if e.unranked != "" && len(e.sample.Values) > 0 {
			reasons = appendNew(reasons, e.unranked)
			names[e.unranked] = append(names[e.unranked], c.name(i))
		}
	}
	words := each(reasons, func(why string) string { return strings.Join(names[why], ", ") + " (" + why + ")" })
	return enclose(". Unranked: ", strings.Join(words, "; "), "")
}

// order returns the compared cells, the best median first.
func (c *contest) order() []int {
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

func (c *contest) name(i int) string { return c.entries[i].sample.Name }

// between returns the claim about two cells, as the ratio of the first to the
// second.
func (c *contest) between(i, j int) (stats.Claim, bool) {
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

// noise returns the line under a table: each metric's noise band and the
// smallest detectable difference.
func noise(contests ...contest) string {
	var list []string
	for _, c := range contests {
		if band := c.band(); band != "—" {
			list = append(list, fmt.Sprintf("%s %s (%s)", c.metric, band, c.detectable()))
		}
	}
	return enclose("Noise band, and in parentheses the smallest difference that would be found: ", strings.Join(list, "; "), ".")
}
