package matrix

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/table"
)

// verbs are the words of sentences about one figure.
type verbs struct {
	// one and several say that a server, or some, have the best value; pair that one
	// has a better value than another.
	one, several, pair string
}

// standing is a contest in words.
type standing struct {
	*contest
	verbs
	// value returns the value of a cell in words, with its unit.
	value func(i int) string
	// unplaced says in a clause why the named cells, which have a value, have no
	// place for the reason.
	unplaced func(reason string, cells []int) string
}

// sentence says who is ahead, by the ranks and claims of the contest alone. It is
// empty where no cell has a value.
func (s *standing) sentence() string {
	order := s.order()
	var parts []string
	switch {
	case len(order) == 0:
		parts = append(parts, s.alone())
	case !s.decidable:
		parts = append(parts, s.medians(order))
	case s.baseline != "":
		parts = append(parts, s.fromBaseline(order))
	default:
		parts = append(parts, s.winners(order))
	}
	return strings.Join(present(append(parts, s.others()...)...), "; ")
}

// alone names the only cell that could be ranked; empty where there is none.
func (s *standing) alone() string {
	var found []int
	for i, e := range s.entries {
		if e.unranked == "" && len(e.sample.Values) > 0 {
			found = append(found, i)
		}
	}
	if len(found) == 0 {
		return ""
	}
	what := "the only one that could be ranked"
	switch {
	case len(found) > 1:
		what = "too few trials to compare"
	case s.withValue() == 1:
		what = "nothing to compare with"
	}
	return s.named(found) + ": " + what
}

// medians lists the values where the trials are too few for claims.
func (s *standing) medians(order []int) string {
	return "too few trials to say who is ahead (" + s.shortage() + "): " + s.named(order)
}

// fromBaseline lists the claimed differences from the baseline.
func (s *standing) fromBaseline(order []int) string {
	var out, alike []string
	base := s.baseline
	for _, i := range order {
		switch place := s.place(i); {
		case s.name(i) == s.baseline:
			base = s.named([]int{i})
		case s.called(i):
			out = append(out, s.name(i)+" "+place)
		default:
			alike = append(alike, s.name(i))
		}
	}
	parts := present(some(out), enclose("could not be told apart from it: ", some(alike), ""))
	return "compared with " + base + ": " + strings.Join(parts, "; ")
}

// called reports whether the cell's difference from the baseline is claimed.
func (s *standing) called(i int) bool {
	return slices.ContainsFunc(s.order(), func(j int) bool {
		c, ok := s.between(i, j)
		return ok && c.Called
	})
}

// winners names those that nobody is claimed to be ahead of, how far they are
// ahead of the rest, and the rest's places.
func (s *standing) winners(order []int) string {
	var first, rest []int
	for _, i := range order {
		if s.ranks[i].Best == 1 {
			first = append(first, i)
		} else {
			rest = append(rest, i)
		}
	}
	switch {
	case len(rest) == 0:
		return s.named(first) + " could not be told apart" + s.sensitivity()
	case len(first) == 1 && len(rest) == 1:
		i, j := first[0], rest[0]
		return fmt.Sprintf("%s %s %s (%s, %s)", s.name(i), s.pair, s.name(j), s.value(i), s.lead(first, rest, s.name(j)+"'s "+s.value(j)))
	case len(first) == 1:
		lead, then := s.behind(first, rest)
		return fmt.Sprintf("%s %s %s (%s%s)%s", s.name(first[0]), s.one, s.field(len(order)), s.value(first[0]), enclose(", ", lead, ""), then)
	case len(first) == 0:
		return s.places(order)
	}
	lead, then := s.behind(first, rest)
	return fmt.Sprintf("%s %s %s and could not be told apart%s%s", s.named(first), s.several, s.field(len(order)), enclose(": ", lead, ""), then)
}

// field says of how many the winners are the best.
func (s *standing) field(ranked int) string {
	if ranked < s.withValue() {
		return "of the " + inWords(ranked) + " that could be ranked"
	}
	return "of " + inWords(ranked)
}

// withValue returns the number of cells that have a value.
func (s *standing) withValue() (n int) {
	for _, e := range s.entries {
		if len(e.sample.Values) > 0 {
			n++
		}
	}
	return n
}

// behind returns how far the first are ahead of all of the rest, where that is
// claimed of each pair, and the places of the rest, where they differ.
func (s *standing) behind(first, rest []int) (lead, then string) {
	alike := !s.differ(rest)
	name := "the rest"
	if len(rest) == 1 {
		name = s.name(rest[0])
	}
	if lead = s.lead(first, rest, name); lead != "" && alike && len(rest) > 1 {
		lead += ", which could not be told apart"
	}
	if !alike || lead == "" {
		then = "; then " + s.places(rest)
	}
	return lead, then
}

// differ reports whether any difference among the cells is claimed.
func (s *standing) differ(list []int) bool {
	return slices.ContainsFunc(list, func(i int) bool {
		return slices.ContainsFunc(list, func(j int) bool {
			c, ok := s.between(i, j)
			return ok && c.Called
		})
	})
}

// lead says how far the first are ahead of all of the rest, which have the name;
// empty where that is not claimed of each pair.
func (s *standing) lead(first, rest []int, name string) string {
	low, high := math.Inf(1), 0.0
	for _, i := range first {
		for _, j := range rest {
			c, ok := s.between(i, j)
			if !ok || !c.Called {
				return ""
			}
			low, high = min(low, c.Ratio.Value), max(high, c.Ratio.Value)
		}
	}
	percents := func(a, b float64) string {
		number := func(x float64) string { return strings.TrimLeft(signed(x), "+−") }
		if a, b := number(a), number(b); a != b {
			return a + " to " + b + " %"
		}
		return number(b) + " %"
	}
	switch {
	case s.lowIsBest && inPercent(low):
		return percents(high, low) + " below " + name
	case s.lowIsBest:
		return name + " is " + span(table.Digits(1/high), table.Digits(1/low)) + " times as high"
	case inPercent(high):
		return percents(low, high) + " above " + name
	}
	return span(table.Digits(low), table.Digits(high)) + " times " + name
}

// places lists cells with their places; neighbours that share a place share it in
// words.
func (s *standing) places(order []int) string {
	var out []string
	for k := 0; k < len(order); {
		l := k + 1
		for l < len(order) && s.ranks[order[l]] == s.ranks[order[k]] {
			l++
		}
		out = append(out, s.named(order[k:l])+" in place "+s.place(order[k]))
		k = l
	}
	if len(out) > mostNamed+1 {
		return strings.Join(out[:mostNamed], ", ") + fmt.Sprintf(", and %d more places", len(out)-mostNamed)
	}
	return strings.Join(out, ", ")
}

// sensitivity says which difference would have been found; empty where none could
// be.
func (s *standing) sensitivity() string {
	switch d := s.claims.SmallestDetectable(); {
	case math.IsInf(d, 1):
		return ""
	case inPercent(1 + d):
		return " (a difference of " + percentage(d) + " would have been found)"
	default:
		return " (only a factor of " + table.Digits(1+d) + " would have been found)"
	}
}

// others describes the cells that have a value and no rank.
func (s *standing) others() []string {
	by := map[string][]int{}
	var reasons []string
	for i, e := range s.entries {
		if e.unranked != "" && len(e.sample.Values) > 0 {
			reasons = appendNew(reasons, e.unranked)
			by[e.unranked] = append(by[e.unranked], i)
		}
	}
	return each(reasons, func(reason string) string { return s.unplaced(reason, by[reason]) })
}

// named lists cells with their values: "a (1 k req/s) and b (2 k req/s)".
func (s *standing) named(list []int) string {
	return some(each(list, func(i int) string { return s.name(i) + " (" + s.value(i) + ")" }))
}

// mostNamed is the largest number of servers that one list of a sentence names.
const mostNamed = 6

// some lists the words of a sentence; of many, the first ones and the number of others.
func some(words []string) string {
	if len(words) <= mostNamed+1 {
		return results.Listed(words, "and")
	}
	return results.Listed(append(slices.Clone(words[:mostNamed]), strconv.Itoa(len(words)-mostNamed)+" more"), "and")
}

// inWords returns a small number as a word.
func inWords(n int) string {
	words := []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}
	if n < len(words) {
		return words[n]
	}
	return strconv.Itoa(n)
}
