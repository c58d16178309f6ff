package plan

import (
	"time"

	"github.com/joust-bench/joust/results"
)

// SweepWarmup is the warm-up of each point of a sweep. The server is warm already,
// except for its new connections.
const SweepWarmup = 300 * time.Millisecond

// SweepTable returns the table of one point of a table's sweep: a short warm-up
// and the closed loop. Large transfers keep their warm-up, whose rate decides on
// the stretched window.
func SweepTable(t results.PlanTable, clients int) results.PlanTable {
	point := t
	point.Clients, point.Sweep, point.Objective, point.Rates = clients, nil, nil, nil
	if t.MinCompletions == 0 {
		point.WarmupNS = min(t.WarmupNS, SweepWarmup.Nanoseconds())
	}
	return point
}

// WarmupTable returns the table that warms the server up before its sweep.
func WarmupTable(t results.PlanTable) results.PlanTable {
	t.Closed, t.Sweep, t.Objective, t.Rates = false, nil, nil, nil
	return t
}

// sweepTime returns the time of a trial's sweep.
func sweepTime(t Trial, p results.Plan) (nominal, atMost time.Duration) {
	if t.Table.Sweep == nil {
		return 0, 0
	}
	add := func(table results.PlanTable, usual bool) {
		part := t
		part.Table = table
		n, m := phasesTime(part, p)
		if atMost += loaderOverhead + m; usual {
			nominal += loaderOverhead + n
		}
	}
	add(WarmupTable(t.Table), true)
	for _, n := range t.Table.Sweep.Clients {
		add(SweepTable(t.Table, n), !t.Table.Sweep.Auto || n <= usualAutoClients)
	}
	return nominal, atMost
}
