package cli

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"github.com/joust-bench/joust/harness/duel"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
)

func (a *app) announceDuel(r *results.Run) {
	d, p := r.Duel, r.Plan
	a.say("does B (%s) differ from A (%s) by more than %s in %s of %s, %s? At most %v, seed %d",
		d.B, d.A, percentage(d.Margin), d.Metric, p.Tables[0].Scenario, d.Phase, time.Duration(d.BudgetNS), p.Seed)
	a.say("CPUs: %s", describeSplit(r.CPUs))
	for _, w := range r.Warnings {
		a.say("note: %s", w)
	}
	least := duel.LeastTrials * plan.TrialTime(plan.Trial{Entry: p.Entries[0], Table: p.Tables[0]}, p)
	if least.Nanoseconds() > d.BudgetNS {
		a.say("note: no answer comes before %d ladders, about %v: the budget is shorter, and the first four are always measured",
			duel.LeastTrials, least.Round(time.Second))
	}
}

// percentage returns a share in percent, without a sign.
func percentage(share float64) string { return strconv.FormatFloat(share*100, 'g', 4, 64) + " %" }

// widest is the ratio above which the end of an interval says nothing.
const widest = 100

// standing returns the interval and the margin in words.
func standing(d *results.Duel) string {
	if d.Ratio == nil || *d.High > widest {
		return "too few pairs for an interval"
	}
	change := func(ratio float64) string { return fmt.Sprintf("%+.1f", (ratio-1)*100) }
	return fmt.Sprintf("B/A %s %% [%s … %s], margin ±%s", change(*d.Ratio), change(*d.Low), change(*d.High), percentage(d.Margin))
}

// answer returns the outcome of the duel in words.
func answer(d *results.Duel) string {
	switch d.Answer {
	case results.DuelHigher:
		return fmt.Sprintf("DECIDED: %s of B is higher than of A by more than %s", d.Metric, percentage(d.Margin))
	case results.DuelLower:
		return fmt.Sprintf("DECIDED: %s of B is lower than of A by more than %s", d.Metric, percentage(d.Margin))
	case results.DuelWithin:
		text := fmt.Sprintf("DECIDED: %s of B does not differ from A by more than %s", d.Metric, percentage(d.Margin))
		if *d.Low > 1 || *d.High < 1 {
			text += ", though it does differ"
		}
		return text
	}
	return "UNDECIDED: " + cmp.Or(d.Why, "it was interrupted")
}

func (a *app) printDuel(d *results.Duel) {
	void := ""
	if d.VoidPairs > 0 {
		void = fmt.Sprintf("; %s did not count", count(d.VoidPairs, "pair"))
	}
	fmt.Fprintf(a.stdout, "A is %s\nB is %s\n%s\n%s, after %s%s\n", d.A, d.B, answer(d), standing(d), count(d.Pairs, "pair"), void)
}
