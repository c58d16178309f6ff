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
	checked := map[string]Checked{}
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
			s.CheckFailed = c.failed()
		}
		r.noteSurroundings(e.As, c.Surroundings)
	}
	return nil
}

// checkServer starts the server once and checks its rows.
func (r *Runner) checkServer(ctx context.Context, e results.PlanEntry) (Checked, error) {
	rows := r.rowsOf(e)
	if len(rows) == 0 {
		return Checked{}, nil
	}
	rnd := rand.New(rand.NewPCG(r.Run.Plan.Seed, uint64(len(e.Server))))
	c, err := r.launcher().Check(ctx, r.Fixtures[e.As], rows, rnd)
	if err != nil {
		return Checked{}, err
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

// Checked is the outcome of the full check of one server.
type Checked struct {
	// Differences has the first difference per row, "" for a row that passed. It
	// is empty when the check was cut short.
	Differences map[string]string
	// Surroundings are as in Server; nil where the server could not be brought to
	// answer.
	Surroundings *results.Surroundings
}

// failed are the rows that did not pass, with their differences.
func (c Checked) failed() map[string]string {
	failed := map[string]string{}
	for row, difference := range c.Differences {
		if difference != "" {
			failed[row] = difference
		}
	}
	return failed
}

// Check starts the server and makes the full check of each row. A server that
// cannot be brought to answer fails every row. The error is of the harness, not
// of the server.
func (l Launcher) Check(ctx context.Context, f Fixture, rows []*scenarios.Scenario, rnd *rand.Rand) (Checked, error) {
	c := Checked{Differences: make(map[string]string, len(rows))}
	server, err := l.Start(ctx, f, scenarios.H1, rows[0])
	if err != nil {
		if ctx.Err() != nil {
			return c, nil
		}
		for _, row := range rows {
			c.Differences[row.Name] = err.Error()
		}
		return c, nil
	}
	c.Surroundings = server.Surroundings
	for _, row := range rows {
		limited, cancel := context.WithTimeout(ctx, checkLimit)
		c.Differences[row.Name] = check.Full(limited, server.Address, server.Host, row, rnd).Difference
		cancel()
	}
	if ctx.Err() != nil {
		clear(c.Differences) // what was cut short is no fault of the server
	}
	server.endedWithin(c.Differences)
	if err := server.Stop(context.WithoutCancel(ctx)); err != nil {
		return c, errors.Join(fmt.Errorf("ending server %s after its check", f.Manifest.Name), err)
	}
	return c, nil
}
