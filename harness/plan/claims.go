package plan

import (
	"fmt"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// TrialsForClaims is the smallest number of trials a server with which an exact
// Mann–Whitney U test can tell every two of so many servers apart after Holm's
// correction over all pairs. It is 0 where there is nothing to compare.
func TrialsForClaims(servers int) int {
	return stats.TrialsToDecide(stats.Pairs(servers, false))
}

// ClaimNotes says, a line a table, whether the plan has the trials that claims
// of difference between all pairs of servers need.
func ClaimNotes(p results.Plan, runnable func(results.PlanEntry, results.PlanTable) bool) []string {
	var list []string
	for _, t := range p.Tables {
		servers := map[string]bool{}
		for _, e := range runnableEntries(p, t, runnable) {
			servers[e.Server] = true
		}
		need := TrialsForClaims(len(servers))
		if need == 0 {
			continue
		}
		verdict := "enough"
		if t.Trials < need {
			verdict = "too few: medians and ranges only"
		}
		list = append(list, fmt.Sprintf("%s (%s): %d trials each of %d servers; claims about all pairs need %d: %s",
			t.Scenario, t.Protocol, t.Trials, len(servers), need, verdict))
	}
	return list
}
