package run

import (
	"context"
	"math/rand/v2"

	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// checkAll makes the one full check a run of every server and row that the
// plan will measure. What fails is void for the whole run.
func (r *Runner) checkAll(ctx context.Context) error {
	checked := map[string]launch.Checked{}
	for _, e := range r.Run.Plan.Entries {
		if ctx.Err() != nil {
			return nil
		}
		key := e.Server + " " + e.Isolation
		c, ok := checked[key]
		if !ok {
			var err error
			if c, err = r.checkServer(ctx, e); err != nil {
				return err
			}
			checked[key] = c
		}
		if s := r.Run.Server(e.As); s != nil {
			s.CheckFailed = c.Failed()
		}
		r.noteSurroundings(e.As, c.Surroundings)
	}
	return nil
}

// checkServer starts the server once and checks its rows.
func (r *Runner) checkServer(ctx context.Context, e results.PlanEntry) (launch.Checked, error) {
	rows := r.rowsOf(e)
	if len(rows) == 0 {
		return launch.Checked{}, nil
	}
	rnd := rand.New(rand.NewPCG(r.Run.Plan.Seed, uint64(len(e.Server))))
	c, err := r.Launcher.Check(ctx, r.Fixtures[e.As], rows, rnd)
	if err != nil {
		return launch.Checked{}, err
	}
	for _, row := range rows {
		if ctx.Err() == nil {
			r.Observer.Checked(e.As, row.Name, c.Differences[row.Name])
		}
	}
	return c, nil
}

// rowsOf are the rows of the plan that the entry can be asked.
func (r *Runner) rowsOf(e results.PlanEntry) []*scenarios.Scenario {
	var rows []*scenarios.Scenario
	seen := map[string]bool{}
	for _, t := range r.Run.Plan.Tables {
		if !seen[t.Scenario] && r.Runnable(e, t) {
			seen[t.Scenario] = true
			rows = append(rows, r.row(t.Scenario))
		}
	}
	return rows
}
