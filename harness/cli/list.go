package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/engine"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/loaders/flowfile"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/files"
	"github.com/joust-bench/joust/results/journal"
	"github.com/joust-bench/joust/results/suggest"
	"github.com/joust-bench/joust/scenarios"
)

// lists are the arguments of joust list.
var lists = []string{"servers", "scenarios", "loaders", "plans", "runs"}

func (a *app) listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list [servers|scenarios|loaders|plans|runs]",
		Short: "List what there is, what runs here, and why the rest does not",
		Example: `  joust list
  joust list servers
  joust list runs --out results`,
		ValidArgs: lists,
		Args:      atMostOne("list"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = lists
			}
			if !slices.Contains(lists, args[0]) {
				return session.Usage(fmt.Errorf("unknown list %q%s", args[0], suggest.Hint(args[0], lists)))
			}
			return a.list(c.Context(), args)
		},
	}
}

func (a *app) list(ctx context.Context, names []string) error {
	for i, name := range names {
		if i > 0 {
			fmt.Fprintln(a.stdout)
		}
		if len(names) > 1 {
			fmt.Fprintf(a.stdout, "%s:\n", strings.ToUpper(name[:1])+name[1:])
		}
		l := listing{width: columns(a.stdout)}
		if err := a.listOne(ctx, &l, name); err != nil {
			return err
		}
		if err := l.print(a.stdout); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) listOne(ctx context.Context, l *listing, name string) error {
	switch name {
	case "loaders":
		return a.listLoaders(ctx, l)
	case "plans":
		return a.listPlans(l)
	case "runs":
		return a.listRuns(l)
	}
	w, err := a.opener.Look("")
	if err != nil {
		return err
	}
	if name == "servers" {
		listServers(l, w)
	} else {
		listScenarios(l, w)
	}
	return nil
}

func listServers(l *listing, w *session.World) {
	c := w.Catalogue()
	for _, m := range w.Servers.All() {
		state := "available"
		if why := c.Unavailable(results.PlanEntry{Server: m.Name, Isolation: m.DefaultIsolation()}); why != "" {
			state = "not here: " + strings.TrimPrefix(why, m.Name+" cannot run here: ")
		}
		l.row(m.Name, m.Title, cmp.Or(m.Language, "—"), fmt.Sprintf("%d of %d scenarios", len(m.Scenarios), len(w.Table.Names())), state)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Broken)) {
		l.row(name, "—", "—", "—", "broken: "+c.Broken[name])
	}
}

func listScenarios(l *listing, w *session.World) {
	for _, s := range w.Table {
		request := s.Requests[0].Method + " " + s.Requests[0].Path
		if others := len(s.Requests) - 1; others > 0 {
			request += fmt.Sprintf(" and %d more", others)
		}
		mark := ""
		if s.Headline {
			mark = "*"
		}
		modes := ""
		for i, m := range s.Modes {
			if i > 0 {
				modes += ", "
			}
			modes += string(m)
		}
		l.row(s.Name+mark, s.Title, request, modes)
	}
	l.line("  * headline rows; scenarios/README.md says of each row why one would run it, and what it cannot show")
}

func (a *app) listLoaders(ctx context.Context, l *listing) error {
	titles := map[loaders.EngineName]string{
		loaders.EventLoop: "event loop with raw system calls, a pinned thread each (Linux)",
		loaders.Portable:  "goroutine per connection, any system; costs more and paces less exactly",
	}
	for _, name := range []loaders.EngineName{loaders.EventLoop, loaders.Portable} {
		state := "available"
		switch {
		case name == engine.Default():
			state = "available, the default here"
		case !slices.Contains(session.Engines(), name):
			state = "not on " + runtime.GOOS
		}
		l.row(string(name), titles[name], state)
	}
	for _, tool := range external.Tools() {
		f := a.opener.FindLoader(ctx, tool.Name, "")
		state := "not here: " + f.Why
		switch {
		case f.Image != "":
			state = "not on PATH; its image " + f.Image + " stands in, and is pulled where it is missing"
		case f.Why == "":
			state = fmt.Sprintf("available, version %s (%s)", f.Version, f.Path)
		}
		l.row(tool.Name, tool.Title, state)
	}
	rows, err := scenarios.Load()
	if err != nil {
		return fmt.Errorf("the built-in scenario table: %w", err)
	}
	l.line("")
	l.line(fmt.Sprintf("What foreign loaders can be asked over %s (joust run says why not):", scenarios.H1))
	l.row(append([]string{"scenario"}, external.Names()...)...)
	for _, row := range rows {
		cells := []string{row.Name}
		for _, tool := range external.Tools() {
			can := "yes"
			if tool.WhyNot(&row, scenarios.H1) != "" {
				can = "—"
			}
			cells = append(cells, can)
		}
		l.row(cells...)
	}
	return nil
}

// listPlans lists the plans in scripts/ of the checkout or the working folder.
func (a *app) listPlans(l *listing) error {
	paths, err := planFiles()
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		l.line("  none: plans are YAML files in a checkout's scripts folder; joust run takes any path")
		return nil
	}
	w, err := a.opener.Look("")
	if err != nil {
		return err
	}
	for _, file := range paths {
		data, err := files.Read(file, mostPlan)
		if err != nil {
			return fmt.Errorf("reading plan %s: %w", file, err)
		}
		if flowfile.Is(data) {
			continue // for joust load
		}
		p, _, err := plan.Resolve(file, data, plan.Overrides{}, w.Catalogue())
		if err != nil {
			l.row(file, "cannot be used: "+firstLine(err.Error()))
			continue
		}
		l.row(file, results.Counted(len(p.Entries), "server")+", "+results.Counted(len(p.Tables), "table"), fmt.Sprintf("planned %s, at most %s", seconds(p.PlannedNS), seconds(p.AtMostNS)))
	}
	return nil
}

// mostPlan bounds a plan's file, in bytes.
const mostPlan = 1 << 20

func planFiles() ([]string, error) {
	here, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("finding the working folder: %w", err)
	}
	dir := filepath.Join(here, "scripts")
	if servers, err := catalog.FindServersDir(here); err == nil {
		dir = filepath.Join(filepath.Dir(servers), "scripts")
	}
	if rel, err := filepath.Rel(here, dir); err == nil {
		dir = rel
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("looking for plans: %w", err)
	}
	return files, nil
}

func (a *app) listRuns(l *listing) error {
	runs, err := journal.List(a.out)
	if err != nil {
		return err
	}
	if len(runs) == 0 {
		l.line("  none in " + filepath.Join(a.out, journal.RunsFolder))
	}
	for _, r := range runs {
		if r.Problem != "" {
			l.row(r.ID, "cannot be read: "+firstLine(r.Problem))
			continue
		}
		l.row(r.ID, r.Plan, string(r.State), results.Counted(r.Trials, "trial")+a.nextOf(&r))
	}
	return nil
}

// nextOf returns the command that follows on an interrupted run, "" for another one.
func (a *app) nextOf(r *journal.Summary) string {
	switch {
	case r.State != results.RunInterrupted:
		return ""
	case r.Duel:
		return "; a duel is not resumed, measure it again: " + againCommand(r.Command)
	}
	return "; go on with " + a.resumeCommand(r.ID)
}
