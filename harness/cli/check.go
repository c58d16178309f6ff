package cli

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"
	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

func (a *app) checkCommand() *cobra.Command {
	var rows, isolations, env []string
	var seed uint64
	c := &cobra.Command{
		Use:   "check [SERVER...]",
		Short: "Prove that servers answer every scenario correctly",
		Long: `Prove that servers answer every scenario that they claim: status, the headers
that matter, the body byte for byte, requests split over packets, pipelined
requests, random inputs, and no answer to an upload before its last byte.

Exit status 3 when anything is wrong.`,
		Example: `  joust check
  joust check nginx nethttp
  joust check node --scenarios json,upload_20mb
  joust check --url mine=http://127.0.0.1:8080 --scenarios hello
  joust check nethttp --isolation process,container
  joust check node --env NODE_OPTIONS=--jitless`,
		RunE: func(c *cobra.Command, args []string) error {
			if !c.Flags().Changed("seed") {
				seed = freshSeed()
			}
			return a.check(c.Context(), args, rows, isolations, env, seed)
		},
	}
	a.attached.urlFlag(c.Flags())
	c.Flags().StringSliceVar(&rows, "scenarios", nil, "check only these (default: all that a server claims)")
	c.Flags().StringSliceVar(&isolations, "isolation", nil, "check servers as process, container, or both (default: as their server.yaml says)")
	envFlag(c.Flags(), &env)
	c.Flags().Uint64Var(&seed, "seed", 0, "seed of the random inputs (default: a fresh one, printed)")
	return c
}

func (a *app) check(ctx context.Context, names, rows, isolations, env []string, seed uint64) error {
	if runtime.GOOS != "linux" {
		return host.ErrNotLinux
	}
	variables, err := readEnv(env)
	if err != nil {
		return err
	}
	w, err := a.look("")
	if err != nil {
		return err
	}
	chosen, err := w.rows(rows)
	if err != nil {
		return usage(err)
	}
	for _, name := range a.attached.names() {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	manifests, err := w.wanted(names)
	if err != nil {
		return err
	}
	fixtures, err := isolated(manifests, isolations)
	if err != nil {
		return usage(err)
	}
	notes, err := a.reach(ctx, w, func(string) []*scenarios.Scenario { return nil })
	if err != nil {
		return err
	}
	for _, note := range notes {
		fmt.Fprintf(a.stderr, "note: %s\n", note)
	}
	local, release, err := a.ownMachine(ctx, results.CPUSplit{})
	if err != nil {
		return err
	}
	defer release()
	logs, remove, err := host.TempDir()
	if err != nil {
		return err
	}
	defer func() { _ = remove() }()
	fmt.Fprintf(a.stderr, "random inputs from seed %d\n", seed)
	checker := &checker{app: a, launcher: launch.Launcher{Host: local, Logs: logs}, rnd: rand.New(rand.NewPCG(seed, 0)), rows: chosen}
	if checker.builder, err = catalog.NewBuilder(""); err != nil {
		return err
	}
	for _, s := range fixtures {
		s.env = variables
		if err := checker.server(ctx, s); err != nil {
			return err
		}
	}
	return checker.tell()
}

// rows are the scenarios of those names, all for none.
func (w *world) rows(names []string) ([]scenarios.Scenario, error) {
	if len(names) == 0 {
		return w.table.All(), nil
	}
	var list []scenarios.Scenario
	for _, name := range names {
		s, err := w.table.Find(name)
		if err != nil {
			return nil, err
		}
		list = append(list, *s)
	}
	return list, nil
}

// checker collects the outcome of joust check.
type checker struct {
	app      *app
	builder  *catalog.Builder
	launcher launch.Launcher
	rnd      *rand.Rand
	rows     []scenarios.Scenario

	servers []string
	cells   [][]string
	remarks []string
	wrong   int
}

// server checks one server and adds its column.
func (c *checker) server(ctx context.Context, s isolatedServer) (err error) {
	m := s.Manifest
	column := make([]string, len(c.rows))
	c.servers = append(c.servers, s.name)
	c.cells = append(c.cells, column)
	if why := c.app.unavailable(s); why != "" {
		c.remark("%s: not here: %s", s.name, why)
		for i := range column {
			column[i] = "not here"
		}
		return nil
	}
	f, containers, end, err := c.app.made(ctx, c.builder, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	launcher := c.launcher
	launcher.Containers = containers
	var asked []*scenarios.Scenario
	for i := range c.rows {
		if slices.Contains(m.Scenarios, c.rows[i].Name) {
			asked = append(asked, &c.rows[i])
		}
	}
	fmt.Fprintf(c.app.stderr, "checking %s\n", s.name)
	var checked launch.Checked
	if len(asked) > 0 {
		if checked, err = launcher.Check(ctx, f, asked, c.rnd); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for i := range c.rows {
		column[i] = c.cell(s, c.rows[i].Name, checked.Differences)
	}
	return nil
}

func (c *checker) cell(s isolatedServer, row string, outcome map[string]string) string {
	difference, asked := outcome[row]
	switch {
	case asked && difference == "":
		return "ok"
	case asked:
		c.wrong++
		c.remark("%s %s: wrong: %s", s.name, row, indented(difference))
		return "wrong"
	case s.Unsupported[row] != "":
		c.remark("%s %s: unsupported: %s", s.name, row, s.Unsupported[row])
		return "unsupported"
	}
	return "not claimed"
}

func (c *checker) remark(format string, args ...any) {
	c.remarks = append(c.remarks, fmt.Sprintf(format, args...))
}

// tell prints the table and the remarks; wrong answers make the exit code.
func (c *checker) tell() error {
	t := tablewriter.NewTable(c.app.stdout, tablewriter.WithHeaderAutoFormat(tw.Off))
	t.Header(append([]string{"scenario"}, c.servers...))
	for i, row := range c.rows {
		line := []string{row.Name}
		for s := range c.servers {
			line = append(line, c.cells[s][i])
		}
		if err := t.Append(line); err != nil {
			return fmt.Errorf("printing the table: %w", err)
		}
	}
	if err := t.Render(); err != nil {
		return fmt.Errorf("printing the table: %w", err)
	}
	for _, r := range c.remarks {
		fmt.Fprintln(c.app.stdout, r)
	}
	if c.wrong > 0 {
		fmt.Fprintf(c.app.stdout, "%d wrong\n", c.wrong)
		return &codedError{code: ExitWrong, err: errTold}
	}
	return nil
}
