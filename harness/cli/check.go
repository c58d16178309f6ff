package cli

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// checkFlags are the flags of joust check.
type checkFlags struct {
	rows    []string
	seed    uint64
	format  string
	verbose bool
	// into is a markdown file into which the outcome is written too; empty for none.
	into string
}

func (a *app) checkCommand() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "check [SERVER...]",
		Short: "Prove that servers answer every scenario correctly",
		Long: `Prove that servers answer every scenario that they claim: status, the headers
that matter, the body byte for byte (inflated where it is compressed), requests
split over packets, several on one connection, random inputs, exchanges step by step, no
answer to an upload before its last byte, no answer sooner than a delay, caps of
connections. A body of 512 MiB streamed to /drain must not take 128 MiB of memory.

Then each server is asked an HTTP/1.1 battery. It is a score with the failing points
named, and no reason to exit with an error; --verbose has every point.

Exit status 3 when an answer to a scenario is wrong.`,
		Example: `  joust check
  joust check nginx nethttp --verbose
  joust check ./my-server                   a folder with a server.yaml
  joust check node --scenarios json,upload_20mb
  joust check nethttp --scenario-file my-rows.yaml        rows of your own
  joust check --url mine=http://127.0.0.1:8080 --scenarios hello
  joust check nethttp --isolation process,container
  joust check node --env NODE_OPTIONS=--jitless`,
		RunE: func(c *cobra.Command, args []string) error {
			if !c.Flags().Changed("seed") {
				f.seed = session.FreshSeed()
			}
			if err := errors.Join(noURLs(args), checkFormat(f.format, formatText, formatJSON)); err != nil {
				return session.Usage(err)
			}
			if err := checkInto(f.into); err != nil {
				return err
			}
			return a.check(c.Context(), args, f)
		},
	}
	a.urlFlag(c.Flags())
	a.scenarioFileFlag(c.Flags())
	listVar(c.Flags(), &f.rows, "scenarios", nil, "check only these: names, groups, patterns (default: all that a server claims, or those of --scenario-file)")
	settingFlags(c.Flags(), "isolation", "env")
	formatFlag(c.Flags(), &f.format, formatText, formatJSON)
	c.Flags().StringVar(&f.into, "into", "", "write the table into this markdown file too, as make field does for servers/README.md")
	c.Flags().BoolVar(&f.verbose, "verbose", false, "show every point of the HTTP/1.1 battery")
	c.Flags().Uint64Var(&f.seed, "seed", 0, "seed of the random inputs (default: a fresh one, printed)")
	return c
}

func (a *app) check(ctx context.Context, names []string, f checkFlags) error {
	names = a.opener.Folders(names)
	w, err := a.opener.LookToMeasure("")
	if err != nil {
		return err
	}
	if len(f.rows) == 0 && len(a.opener.ScenarioFiles) > 0 {
		if f.rows, err = ownNames(w.Table); err != nil {
			return err
		}
	}
	chosen, err := w.Rows(f.rows)
	if err != nil {
		return err
	}
	servers, err := a.wanted(ctx, w, names)
	if err != nil {
		return err
	}
	if len(f.rows) == 0 {
		chosen = slices.DeleteFunc(slices.Clone(chosen), func(row scenarios.Scenario) bool {
			return !slices.ContainsFunc(servers, func(s session.Isolated) bool { return mentions(s, row.Name) })
		})
	}
	s, err := a.opener.Open(ctx, results.CPUSplit{})
	if err != nil {
		return err
	}
	a.say("random inputs from seed %d", f.seed)
	checker := &checker{app: a, session: s, rnd: rand.New(rand.NewPCG(f.seed, 0)), rows: chosen, live: newDisplay(a.stderr)}
	checker.Seed = f.seed
	began := time.Now()
	for _, server := range servers {
		if err := checker.server(ctx, server); err != nil {
			return err
		}
	}
	checker.DurationNS = time.Since(began).Nanoseconds()
	if len(names)+len(a.opener.Attached.Names()) == 0 {
		for _, b := range w.Servers.Broken() {
			checker.Broken = append(checker.Broken, brokenServer{b.Name, b.Err.Error()})
		}
	}
	if f.into != "" {
		if err := checker.writeField(f.into); err != nil {
			return err
		}
	}
	return checker.report(f)
}

// ownNames returns the names of the user's own rows in the table.
func ownNames(table scenarios.Rows) ([]string, error) {
	builtIn, err := scenarios.Load()
	if err != nil {
		return nil, fmt.Errorf("the built-in scenario table: %w", err)
	}
	known := builtIn.Names()
	return slices.DeleteFunc(table.Names(), func(name string) bool { return slices.Contains(known, name) }), nil
}

// wanted returns the servers of the names, or all for none, and those of --url, in each
// isolation that is asked for.
func (a *app) wanted(ctx context.Context, w *session.World, names []string) ([]session.Isolated, error) {
	variables, err := a.environment()
	if err != nil {
		return nil, err
	}
	for _, name := range a.opener.Attached.Names() {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	manifests, err := w.Wanted(names)
	if err != nil {
		return nil, err
	}
	servers, err := session.Isolate(manifests, a.flags["isolation"], variables)
	if err != nil {
		return nil, err
	}
	notes, err := w.Reach(ctx, func(string) []*scenarios.Scenario { return nil })
	if err != nil {
		return nil, err
	}
	for _, note := range notes {
		a.say("note: %s", note)
	}
	return servers, nil
}

// mentions reports whether the server's manifest says anything of the row.
func mentions(s session.Isolated, row string) bool {
	return slices.Contains(s.Scenarios, row) || s.Unsupported[row] != ""
}

// checker makes the checks and collects their outcome.
type checker struct {
	checkOutcome
	app     *app
	session *session.Session
	rnd     *rand.Rand
	rows    []scenarios.Scenario
	live    *display
}

// server checks one server.
func (c *checker) server(ctx context.Context, s session.Isolated) error {
	out := checkedServer{Name: s.Name}
	if why := c.app.opener.Unavailable(s); why != "" {
		out.NotHere = why
		c.Servers = append(c.Servers, out)
		return nil
	}
	var claimed []*scenarios.Scenario
	for i := range c.rows {
		if slices.Contains(s.Scenarios, c.rows[i].Name) {
			claimed = append(claimed, &c.rows[i])
		}
	}
	began := time.Now()
	var checked launch.Checked
	f, err := c.session.Fixture(ctx, s)
	switch {
	case err != nil && ctx.Err() == nil: // the other servers do not suffer from it
		checked.Differences = map[string]string{}
		for _, row := range claimed {
			checked.Differences[row.Name] = err.Error()
		}
	case err == nil && len(claimed) > 0:
		if checked, err = c.launcher(s.Name, len(claimed)).Check(ctx, f, claimed, c.rnd); err != nil {
			return err
		}
	}
	c.live.end()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	out.DurationNS = time.Since(began).Nanoseconds()
	out.Conformance, out.NotChecked, out.Killed = checked.Conformance, checked.NotChecked, checked.Killed
	for i := range c.rows {
		out.Rows = append(out.Rows, rowOutcome(s, c.rows[i].Name, checked.Differences))
	}
	c.Servers = append(c.Servers, out)
	c.app.say("checked %s", out.summary())
	return nil
}

// launcher returns the session's launcher. It shows the row that it checks.
func (c *checker) launcher(server string, rows int) launch.Launcher {
	l, row := c.session.Launcher, 0
	l.Checking = func(what string) {
		row++
		c.live.draw(fmt.Sprintf("checking %s: %s (%d of %d)", server, what, min(row, rows), rows))
	}
	return l
}

// rowOutcome returns the outcome of one row.
func rowOutcome(s session.Isolated, row string, differences map[string]string) checkedRow {
	difference, claimed := differences[row]
	switch {
	case claimed && difference == "":
		return checkedRow{Name: row, Outcome: rowOK}
	case claimed:
		return checkedRow{Name: row, Outcome: rowWrong, Why: difference}
	case s.Unsupported[row] != "":
		return checkedRow{Name: row, Outcome: rowUnsupported, Why: s.Unsupported[row]}
	}
	return checkedRow{Name: row, Outcome: rowNotClaimed}
}
