package launch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/harness/check"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

const (
	// checkLimit bounds the full check of one row.
	checkLimit = time.Minute
	// startsToTry is the number of rows with which a server is started in vain before
	// all its other rows fail for the same reason.
	startsToTry = 3
	// endNotice is the time in which the end of a server becomes known after a client
	// has seen it.
	endNotice = time.Second
)

// Checked is the outcome of the full check of one server.
type Checked struct {
	// Differences has the first difference per row, "" for a row that passed. It
	// is empty when the check was interrupted.
	Differences map[string]string
	// Surroundings are as in Server; nil where the server did not answer.
	Surroundings *results.Surroundings
	// Killed is as in Server.
	Killed string
	// Conformance is the outcome of the HTTP/1.1 battery; nil where no row passed or
	// the check was interrupted.
	Conformance *results.Conformance
	// NotChecked has the checks of the whole server that could not be made, with their
	// reasons.
	NotChecked []string
}

// Failed returns the rows that did not pass, with their differences.
func (c Checked) Failed() map[string]string {
	failed := maps.Clone(c.Differences)
	maps.DeleteFunc(failed, func(_, difference string) bool { return difference == "" })
	return failed
}

// Check starts the server and makes the full check of each row. Rows with other caps
// get a server of their own, and so do the rows after one on which the server ended. A
// server that does not answer fails every row. The error is of the harness, not of
// the server.
func (l Launcher) Check(ctx context.Context, f Fixture, rows []*scenarios.Scenario, rnd *rand.Rand) (Checked, error) {
	c := checking{Launcher: l, fixture: f, rnd: rnd, asked: rows, Checked: Checked{Differences: make(map[string]string, len(rows))}}
	err := c.all(ctx, rows)
	if ctx.Err() != nil {
		clear(c.Differences) // an interruption is no fault of the server
	}
	return c.Checked, err
}

// checking is a check in progress.
type checking struct {
	Launcher
	Checked
	fixture Fixture
	rnd     *rand.Rand
	// asked are all rows of the check.
	asked []*scenarios.Scenario
	// inVain is the number of starts in a row without a right answer.
	inVain int
	// suspect is a row that passed, and after which the server ended while the next
	// row was checked; "" for none. end says how the server ended.
	suspect, end string
}

// all checks the rows on as many servers as that takes.
func (c *checking) all(ctx context.Context, rows []*scenarios.Scenario) error {
	for _, group := range c.byCaps(rows) {
		for len(group) > 0 && ctx.Err() == nil {
			var err error
			if group, err = c.onOneServer(ctx, group); err != nil {
				return err
			}
		}
	}
	return nil
}

// byCaps groups the rows that one start of the server can be asked. A server that
// runs already has the caps that it has.
func (c *checking) byCaps(rows []*scenarios.Scenario) (groups [][]*scenarios.Scenario) {
	for _, row := range rows {
		i := slices.IndexFunc(groups, func(g []*scenarios.Scenario) bool {
			return g[0].Server == row.Server || c.fixture.Manifest.URL != ""
		})
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], row)
	}
	return groups
}

// ownCaps reports whether the server that is asked the row has no caps of the row's.
func (c *checking) ownCaps(row *scenarios.Scenario) bool {
	return row.Server == (scenarios.ServerCaps{}) || c.fixture.Manifest.URL != ""
}

// onOneServer checks rows until the server ends. It returns the rows that are left.
func (c *checking) onOneServer(ctx context.Context, rows []*scenarios.Scenario) (left []*scenarios.Scenario, err error) {
	server, err := c.StartServer(ctx, c.fixture, scenarios.H1, rows[0])
	if err != nil {
		return c.notStarted(err, rows), nil
	}
	c.inVain = 0
	if c.Surroundings == nil {
		c.Surroundings = server.Surroundings
	}
	left = c.rows(ctx, server, rows)
	if len(left) == 0 && c.Conformance == nil && c.ownCaps(rows[0]) {
		server = c.whole(ctx, server)
	}
	if err := server.Stop(context.WithoutCancel(ctx)); err != nil {
		return nil, errors.Join(fmt.Errorf("ending server %s after its check", c.fixture.Manifest.Name), err)
	}
	if server.Killed != "" {
		c.Killed = server.Killed
	}
	return left, nil
}

// notStarted fails the first row, with which the server did not start. It fails the
// others too after several starts in vain, and returns those that are left.
func (c *checking) notStarted(err error, rows []*scenarios.Scenario) (left []*scenarios.Scenario) {
	c.suspect = ""
	if c.inVain++; c.inVain < startsToTry && len(rows) > 1 {
		c.Differences[rows[0].Name] = err.Error()
		return rows[1:]
	}
	for _, row := range rows {
		c.Differences[row.Name] = err.Error()
	}
	return nil
}

// show says what is checked next.
func (c *checking) show(what string) {
	if c.Checking != nil {
		c.Checking(what)
	}
}

// rows checks rows on the server until it ends, and returns the others. The row that
// meets the end is among them unless it is the first: the row before may be the cause.
func (c *checking) rows(ctx context.Context, server *Server, rows []*scenarios.Scenario) (left []*scenarios.Scenario) {
	for i, row := range rows {
		c.show(row.Name)
		limited, cancel := context.WithTimeout(ctx, checkLimit)
		difference := check.Full(limited, server.Address, server.Host, row, c.rnd)
		cancel()
		ended := server.Ended() || difference != "" && server.endsWithin(endNotice)
		if i == 0 {
			c.judgeSuspect(ended)
		}
		if !ended {
			c.Differences[row.Name] = difference
			continue
		}
		end := DescribeExit(server.Handle.Exit()) + endOfOutput(server.LogTail())
		if i > 0 && difference != "" {
			c.suspect, c.end = rows[i-1].Name, end
			return rows[i:]
		}
		c.Differences[row.Name] = strings.TrimPrefix(difference+"; the server ended during the check: "+end, "; ")
		return rows[i+1:]
	}
	return nil
}

// endsWithin reports whether the server ends within that time.
func (s *Server) endsWithin(limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-s.Exited():
		return true
	case <-timer.C:
		return false
	}
}

// judgeSuspect fails the row after which an earlier server ended, unless the row that
// came next ends a server of its own too.
func (c *checking) judgeSuspect(ended bool) {
	if c.suspect != "" && !ended {
		c.Differences[c.suspect] = "the server ended after the check of this row: " + c.end
	}
	c.suspect = ""
}
