package plan

import (
	"fmt"

	"github.com/joust-bench/joust/results"
)

// significance is the level of the test between two servers of a table.
const significance = 0.05

// TrialsForClaims is the smallest number of trials a server with which an exact
// Mann–Whitney U test can tell every two of so many servers apart: its smallest
// p, 2/C(2n, n), must survive Holm's correction over all pairs. It is 0 where
// there is nothing to compare.
func TrialsForClaims(servers int) int {
	if servers < 2 {
		return 0
	}
	pairs := float64(servers) * float64(servers-1) / 2
	orders := 1.0 // C(2n, n)
	for n := 1; ; n++ {
		orders = orders * 2 * float64(2*n-1) / float64(n)
		if pairs*2/orders <= significance {
			return n
		}
	}
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
