package launch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/joust-bench/joust/harness/check"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// checkLimit bounds the full check of one row.
const checkLimit = time.Minute

// Checked is the outcome of the full check of one server.
type Checked struct {
	// Differences has the first difference per row, "" for a row that passed. It
	// is empty when the check was interrupted.
	Differences map[string]string
	// Surroundings are as in Server; nil where the server did not answer.
	Surroundings *results.Surroundings
	// Killed is as in Server.
	Killed string
}

// Failed returns the rows that did not pass, with their differences.
func (c Checked) Failed() map[string]string {
	failed := maps.Clone(c.Differences)
	maps.DeleteFunc(failed, func(_, difference string) bool { return difference == "" })
	return failed
}

// Check starts the server and makes the full check of each row. A server that
// does not answer fails every row. The error is of the harness, not of the
// server.
func (l Launcher) Check(ctx context.Context, f Fixture, rows []*scenarios.Scenario, rnd *rand.Rand) (Checked, error) {
	c := Checked{Differences: make(map[string]string, len(rows))}
	server, err := l.StartServer(ctx, f, scenarios.H1, rows[0])
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
		c.Differences[row.Name] = check.Full(limited, server.Address, server.Host, row, rnd)
		cancel()
	}
	if ctx.Err() != nil {
		clear(c.Differences) // an interruption is no fault of the server
	}
	server.endedWithin(c.Differences)
	if err := server.Stop(context.WithoutCancel(ctx)); err != nil {
		return c, errors.Join(fmt.Errorf("ending server %s after its check", f.Manifest.Name), err)
	}
	c.Killed = server.Killed
	return c, nil
}

// endedWithin fails every row of a check during which the server ended: another
// program may have answered at its port since.
func (s *Server) endedWithin(outcome map[string]string) {
	if !s.Ended() {
		return
	}
	for row, difference := range outcome {
		ended := "the server ended during the check: " + DescribeExit(s.Handle.Exit()) + endOfOutput(s.LogTail())
		if difference != "" {
			ended = difference + "; " + ended
		}
		outcome[row] = ended
	}
}
