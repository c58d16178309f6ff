package run

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/joust-bench/joust/harness/check"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// checkLimit bounds the full check of one row.
const checkLimit = time.Minute

// checkAll makes the one full check a run of every server and row that the
// plan will measure. What fails is void for the whole run.
func (r *Runner) checkAll(ctx context.Context) error {
	checked := map[string]map[string]string{}
	for _, e := range r.Run.Plan.Entries {
		if ctx.Err() != nil {
			return nil
		}
		key := e.Server + " " + e.Isolation
		failed, ok := checked[key]
		if !ok {
			var err error
			if failed, err = r.checkServer(ctx, e); err != nil {
				return err
			}
			checked[key] = failed
		}
		if s := r.Run.Server(e.As); s != nil {
			s.CheckFailed = failed
		}
	}
	return nil
}

// checkServer starts the server once and checks its rows.
func (r *Runner) checkServer(ctx context.Context, e results.PlanEntry) (map[string]string, error) {
	failed := map[string]string{}
	rows := r.rowsOf(e)
	if len(rows) == 0 {
		return failed, nil
	}
	rnd := rand.New(rand.NewPCG(r.Run.Plan.Seed, uint64(len(e.Server))))
	outcome, err := r.launcher().Check(ctx, r.Fixtures[e.As], rows, rnd)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if d := outcome[row.Name]; d != "" {
			failed[row.Name] = d
		}
		if ctx.Err() == nil {
			r.Observer.Checked(e.As, row.Name, failed[row.Name])
		}
	}
	return failed, nil
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

// endedWithin fails every row of a check during which the server ended: its
// port may have been answered by another program since.
func (s *Server) endedWithin(outcome map[string]string) {
	select {
	case <-s.exited():
	default:
		return
	}
	for row, difference := range outcome {
		ended := "the server ended during the check: " + DescribeExit(s.Handle.Exit())
		if log := strings.TrimSpace(s.Handle.LogTail(logTail)); log != "" {
			ended += "\nthe end of its output:\n" + log
		}
		if difference != "" {
			ended = difference + "; " + ended
		}
		outcome[row] = ended
	}
}

// Check starts the server and makes the full check of each row. The result has
// the first difference per row, "" for a row that passed; a server that cannot
// be brought to answer fails every row. The error is of the harness, not of
// the server.
func (l Launcher) Check(ctx context.Context, f Fixture, rows []*scenarios.Scenario, rnd *rand.Rand) (map[string]string, error) {
	outcome := make(map[string]string, len(rows))
	server, err := l.Start(ctx, f, scenarios.H1, rows[0])
	if err != nil {
		if ctx.Err() != nil {
			return outcome, nil
		}
		for _, row := range rows {
			outcome[row.Name] = err.Error()
		}
		return outcome, nil
	}
	for _, row := range rows {
		limited, cancel := context.WithTimeout(ctx, checkLimit)
		outcome[row.Name] = check.Full(limited, server.Address, server.Host, row, rnd).Difference
		cancel()
	}
	if ctx.Err() != nil {
		clear(outcome) // what was cut short is no fault of the server
	}
	server.endedWithin(outcome)
	if err := server.Stop(context.WithoutCancel(ctx)); err != nil {
		return outcome, errors.Join(fmt.Errorf("ending server %s after its check", f.Manifest.Name), err)
	}
	return outcome, nil
}
