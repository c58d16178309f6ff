package plan

import (
	"fmt"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// ClaimNotes returns a line for each table: whether the plan has the trials that
// claims of difference between its servers need.
func ClaimNotes(p results.Plan, runnable func(results.PlanEntry, results.PlanTable) bool) []string {
	var list []string
	for _, t := range p.Tables {
		if note := claimNote(p, t, runnableEntries(p, t, runnable)); note != "" {
			list = append(list, fmt.Sprintf("%s (%s): %s", t.Scenario, t.Protocol, note))
		}
	}
	return list
}

// claimNote returns "" where there is nothing to compare.
func claimNote(p results.Plan, t results.PlanTable, entries []results.PlanEntry) string {
	servers, based := map[string]bool{}, false
	for _, e := range entries {
		servers[e.Server] = true
		based = based || e.As == p.Baseline
	}
	if p.Baseline != "" && !based {
		return fmt.Sprintf("the baseline %s does not run it: nothing is compared", p.Baseline)
	}
	need := stats.TrialsToDecide(stats.Pairs(len(servers), based))
	if need == 0 {
		return ""
	}
	about, verdict := "about all pairs", "enough"
	if based {
		about = "against " + p.Baseline
	}
	if t.Trials < need {
		verdict = "too few: medians and ranges only"
	}
	unit := "trials"
	if t.Trials == 1 {
		unit = "trial"
	}
	return fmt.Sprintf("%d %s each of %d servers; claims %s need %d: %s", t.Trials, unit, len(servers), about, need, verdict)
}
