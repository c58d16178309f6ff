package run

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"

	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// checkAll checks every server and row of the plan once, in full. A row that fails
// is void for the whole run.
func (r *Runner) checkAll(ctx context.Context) error {
	checks := map[string]launch.Checked{}
	for _, e := range r.Run.Plan.Entries {
		if ctx.Err() != nil {
			return nil
		}
		key := e.Key()
		c, ok := checks[key]
		if !ok {
			var err error
			if c, err = r.checkServer(ctx, e); err != nil {
				return err
			}
			checks[key] = c
		}
		if s := r.Run.Server(e.As); s != nil {
			s.CheckFailed, s.Conformance = c.Failed(), c.Conformance
		}
		for _, why := range c.NotChecked {
			r.warn(e.As + ": not checked: " + why)
		}
		r.noteSurroundings(e.As, c.Surroundings)
		if c.Killed != "" {
			r.warn("stopping " + e.As + ": " + c.Killed)
		}
	}
	return nil
}

// warn shows a warning and adds it to the run, unless the run has it.
func (r *Runner) warn(text string) {
	if !slices.Contains(r.Run.Warnings, text) {
		r.Run.Warnings = append(r.Run.Warnings, text)
		r.Observer.Note("note: %s", text)
	}
}

// checkServer starts the server once and checks its rows.
func (r *Runner) checkServer(ctx context.Context, e results.PlanEntry) (launch.Checked, error) {
	rows := r.rowsOf(e)
	if len(rows) == 0 {
		return launch.Checked{}, nil
	}
	rnd := rand.New(rand.NewPCG(r.Run.Plan.Seed, uint64(len(e.Server))))
	launcher := r.Launcher
	launcher.NoConformance = r.Run.Plan.NoConformance
	c, err := launcher.Check(ctx, r.Fixtures[e.As], rows, rnd)
	if err != nil {
		return launch.Checked{}, err
	}
	for _, row := range rows {
		if ctx.Err() == nil {
			r.Observer.Checked(e.As, row.Name, c.Differences[row.Name])
		}
	}
	if c.Conformance != nil {
		r.Observer.Note("%s answers HTTP/1.1 as its RFCs say in %s", e.As, score(c.Conformance))
	}
	return c, nil
}

// score returns the battery's outcome in words, with the names of the points that
// failed.
func score(c *results.Conformance) string {
	passed, asked := c.Score()
	text := fmt.Sprintf("%d of %s", passed, results.Counted(asked, "point"))
	if failed := c.FailedNames(); len(failed) > 0 {
		text += ", not in: " + strings.Join(failed, "; ")
	}
	return text
}

// rowsOf returns the rows of the plan that the entry can be asked.
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

// noteSurroundings stores the surroundings in which the entry's server started. A
// resumed run whose server starts in others gets a warning.
func (r *Runner) noteSurroundings(entry string, s *results.Surroundings) {
	server := r.Run.Server(entry)
	if server == nil || s == nil {
		return
	}
	warning := "resumed with another environment, umask, niceness or other limits of " + entry + ": run.json has the later ones"
	if before := server.Surroundings; before != nil && !reflect.DeepEqual(before, s) && !slices.Contains(r.Run.Warnings, warning) {
		r.Run.Warnings = append(r.Run.Warnings, warning)
	}
	server.Surroundings = s
}
