package matrix

import (
	"cmp"
	"fmt"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
)

// widestInterval is the ratio above which the end of an interval says nothing.
const widestInterval = 100

// duelWords says what a duel compared, its answer, and what that rests on: one
// sentence each, without full stops.
func duelWords(d *results.Duel) []string {
	void := ""
	if d.VoidPairs > 0 {
		void = fmt.Sprintf("; %s did not count", results.Counted(d.VoidPairs, "pair"))
	}
	return []string{
		"A is " + d.A, "B is " + d.B, duelAnswer(d),
		DuelStanding(d) + ", after " + results.Counted(d.Pairs, "pair") + void,
	}
}

// DuelStanding returns the interval and the margin in words.
func DuelStanding(d *results.Duel) string {
	if d.Ratio == nil || *d.High > widestInterval {
		return "too few pairs for an interval"
	}
	change := func(ratio float64) string { return fmt.Sprintf("%+.1f", (ratio-1)*100) }
	return fmt.Sprintf("B/A %s %% [%s … %s], margin ±%s", change(*d.Ratio), change(*d.Low), change(*d.High), cells.Percent(d.Margin))
}

// duelAnswer returns the outcome of the duel in words.
func duelAnswer(d *results.Duel) string {
	switch d.Answer {
	case results.DuelHigher:
		return fmt.Sprintf("DECIDED: %s of B is higher than of A by more than %s", d.Metric, cells.Percent(d.Margin))
	case results.DuelLower:
		return fmt.Sprintf("DECIDED: %s of B is lower than of A by more than %s", d.Metric, cells.Percent(d.Margin))
	case results.DuelWithin:
		text := fmt.Sprintf("DECIDED: %s of B does not differ from A by more than %s", d.Metric, cells.Percent(d.Margin))
		if *d.Low > 1 || *d.High < 1 {
			text += ", though it does differ"
		}
		return text
	}
	return "UNDECIDED: " + cmp.Or(d.Why, "it was interrupted")
}
