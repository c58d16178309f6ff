package cli

import (
	"context"
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

func (a *app) checkCommand() *cobra.Command {
	var rows []string
	var seed uint64
	var into string
	c := &cobra.Command{
		Use:   "check [SERVER...]",
		Short: "Prove that servers answer every scenario correctly",
		Long: `Prove that servers answer every scenario that they claim: status, the headers
that matter, the body byte for byte, requests split over packets, pipelined
requests, random inputs, and no answer to an upload before its last byte.

Exit status 3 when anything is wrong.`,
		Example: `  joust check
  joust check nginx nethttp
  joust check ./my-server                   a folder with a server.yaml
  joust check node --scenarios json,upload_20mb
  joust check --url mine=http://127.0.0.1:8080 --scenarios hello
  joust check nethttp --isolation process,container
  joust check node --env NODE_OPTIONS=--jitless`,
		RunE: func(c *cobra.Command, args []string) error {
			if !c.Flags().Changed("seed") {
				seed = session.FreshSeed()
			}
			if err := noURLs(args); err != nil {
				return err
			}
			if err := checkInto(into); err != nil {
				return err
			}
			return a.check(c.Context(), args, rows, seed, into)
		},
	}
	a.urlFlag(c.Flags())
	listVar(c.Flags(), &rows, "scenarios", nil, "check only these (default: all that a server claims)")
	settingFlags(c.Flags(), "isolation", "env")
	c.Flags().StringVar(&into, "into", "", "write the table into this markdown file too, as make field does for servers/README.md")
	c.Flags().Uint64Var(&seed, "seed", 0, "seed of the random inputs (default: a fresh one, printed)")
	return c
}

func (a *app) check(ctx context.Context, names, rows []string, seed uint64, into string) error {
	names = a.opener.Folders(names)
	w, err := a.opener.LookToMeasure("")
	if err != nil {
		return err
	}
	chosen, err := w.Rows(rows)
	if err != nil {
		return err
	}
	servers, err := a.wanted(ctx, w, names)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		chosen = slices.DeleteFunc(slices.Clone(chosen), func(row scenarios.Scenario) bool {
			return !slices.ContainsFunc(servers, func(s session.Isolated) bool { return mentions(s, row.Name) })
		})
	}
	s, err := a.opener.Open(ctx, results.CPUSplit{})
	if err != nil {
		return err
	}
	a.say("random inputs from seed %d", seed)
	checker := &checker{app: a, session: s, rnd: rand.New(rand.NewPCG(seed, 0)), rows: chosen, head: []string{"scenario"}}
	for _, row := range chosen {
		checker.lines = append(checker.lines, []string{row.Name})
	}
	began := time.Now()
	for _, server := range servers {
		if err := checker.server(ctx, server); err != nil {
			return err
		}
	}
	if into != "" {
		if err := checker.writeField(into, time.Since(began)); err != nil {
			return err
		}
	}
	if len(names)+len(a.opener.Attached.Names()) == 0 {
		for _, b := range w.Servers.Broken() {
			checker.broken++
			checker.remark("%s: broken: %s", b.Name, indented(b.Err.Error()))
		}
	}
	return checker.report()
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

// checker collects the outcome of joust check.
type checker struct {
	app     *app
	session *session.Session
	rnd     *rand.Rand
	rows    []scenarios.Scenario

	// head and lines are the table: a column for each server, a line for each row.
	head    []string
	lines   [][]string
	remarks []string
	// servers are the servers of the columns.
	servers []fieldServer
	wrong   int
	// broken counts the servers whose manifest cannot be used.
	broken int
}

// server checks one server and adds its column.
func (c *checker) server(ctx context.Context, s session.Isolated) error {
	c.head = append(c.head, s.Name)
	if why := c.app.opener.Unavailable(s); why != "" {
		c.remark("%s: not here: %s", s.Name, why)
		c.absent(s, why, "not here")
		return nil
	}
	f, err := c.session.Fixture(ctx, s)
	if err != nil && ctx.Err() == nil {
		c.wrong++
		c.remark("%s: not ready: %s", s.Name, indented(err.Error()))
		c.absent(s, err.Error(), "not ready")
		return nil
	}
	if err != nil {
		return err
	}
	var claimed []*scenarios.Scenario
	for i := range c.rows {
		if slices.Contains(s.Scenarios, c.rows[i].Name) {
			claimed = append(claimed, &c.rows[i])
		}
	}
	c.app.say("checking %s", s.Name)
	var checked launch.Checked
	if len(claimed) > 0 {
		if checked, err = c.session.Launcher.Check(ctx, f, claimed, c.rnd); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.servers = append(c.servers, fieldServer{Isolated: s, Checked: checked})
	if checked.Killed != "" {
		c.remark("%s: %s", s.Name, checked.Killed)
	}
	for i := range c.rows {
		c.lines[i] = append(c.lines[i], c.cell(s, c.rows[i].Name, checked.Differences))
	}
	return nil
}

// absent adds the column of a server that could not be checked.
func (c *checker) absent(s session.Isolated, why, cell string) {
	c.servers = append(c.servers, fieldServer{Isolated: s, notHere: firstLine(why)})
	for i := range c.lines {
		c.lines[i] = append(c.lines[i], cell)
	}
}

func (c *checker) cell(s session.Isolated, row string, differences map[string]string) string {
	difference, claimed := differences[row]
	switch {
	case claimed && difference == "":
		return "ok"
	case claimed:
		c.wrong++
		c.remark("%s %s: wrong: %s", s.Name, row, indented(difference))
		return "wrong"
	case s.Unsupported[row] != "":
		c.remark("%s %s: unsupported: %s", s.Name, row, s.Unsupported[row])
		return "unsupported"
	}
	return "not claimed"
}

func (c *checker) remark(format string, args ...any) {
	c.remarks = append(c.remarks, fmt.Sprintf(format, args...))
}

// report prints the table and the remarks. Wrong answers and broken servers make the
// exit code.
func (c *checker) report() error {
	if err := c.app.printTable(c.head, c.lines); err != nil {
		return err
	}
	for _, r := range c.remarks {
		fmt.Fprintln(c.app.stdout, r)
	}
	if c.wrong > 0 {
		fmt.Fprintf(c.app.stdout, "%d wrong\n", c.wrong)
		return exit(ExitWrong)
	}
	if c.broken > 0 {
		return exit(ExitUsage)
	}
	return nil
}
