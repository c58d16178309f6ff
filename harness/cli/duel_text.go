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
	d := r.Duel
	fmt.Fprintf(a.stderr, "does B (%s) differ from A (%s) by more than %s in %s of %s, %s? At most %v, seed %d\n",
		d.B, d.A, percentage(d.Margin), d.Metric, r.Plan.Tables[0].Scenario, d.Phase, time.Duration(d.BudgetNS), r.Plan.Seed)
	fmt.Fprintf(a.stderr, "CPUs: %s\n", describeSplit(r.CPUs))
	for _, w := range r.Warnings {
		fmt.Fprintf(a.stderr, "note: %s\n", w)
	}
	p := r.Plan
	least := duel.LeastTrials * plan.TrialTime(plan.Trial{Entry: p.Entries[0], Table: p.Tables[0]}, p)
	if least.Nanoseconds() > d.BudgetNS {
		fmt.Fprintf(a.stderr, "note: no answer comes before %d ladders, about %v: the budget is shorter, and the first four are always measured\n",
			duel.LeastTrials, least.Round(time.Second))
	}
}

// percentage is a share without a sign.
func percentage(share float64) string { return strconv.FormatFloat(share*100, 'g', 4, 64) + " %" }

// widest is the ratio from which on an interval tells nothing.
const widest = 100

// standing is the interval beside the margin.
func standing(d *results.Duel) string {
	if d.Ratio == nil || *d.High > widest {
		return "too few pairs for an interval"
	}
	change := func(ratio float64) string { return fmt.Sprintf("%+.1f", (ratio-1)*100) }
	return fmt.Sprintf("B/A %s %% [%s … %s], margin ±%s", change(*d.Ratio), change(*d.Low), change(*d.High), percentage(d.Margin))
}

// answer is what the duel came to, in words.
func answer(d *results.Duel) string {
	text := ""
	switch d.Answer {
	case results.DuelHigher, results.DuelLower:
		way := "higher"
		if d.Answer == results.DuelLower {
			way = "lower"
		}
		text = fmt.Sprintf("DECIDED: %s of B is %s than of A by more than %s", d.Metric, way, percentage(d.Margin))
	case results.DuelWithin:
		text = fmt.Sprintf("DECIDED: %s of B does not differ from A by more than %s", d.Metric, percentage(d.Margin))
		if *d.Low > 1 || *d.High < 1 {
			text += ", though it does differ"
		}
	default:
		text = "UNDECIDED: " + cmp.Or(d.Why, "it was interrupted")
	}
	text += fmt.Sprintf("\n%s, after %s", standing(d), count(d.Pairs, "pair"))
	if d.VoidPairs > 0 {
		text += fmt.Sprintf("; %s did not count", count(d.VoidPairs, "pair"))
	}
	return text
}

func (a *app) tellDuel(d *results.Duel) {
	fmt.Fprintf(a.stdout, "A is %s\nB is %s\n%s\n", d.A, d.B, answer(d))
}
