package cli

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/export"
	"github.com/joust-bench/joust/results/files"
	"github.com/joust-bench/joust/results/journal"
	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/strictyaml"
)

type runFlags struct {
	resume       string
	publish      bool
	repeatBudget float64
	// exportNames are the values of --export, exports their formats.
	exportNames []string
	exports     []export.Format
	gateFlags
}

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run [PLAN.yaml]",
		Short: "Run a comparison: a plan, flags, or both",
		Long: `Run a comparison and write its matrices.

The plan says which servers meet in which scenarios; flags override it, and
without a plan the flags are the plan. Everything is validated before anything
starts. Trials run in seeded, shuffled blocks, each on a fresh server process;
every trial is on disk before the next begins. Ctrl-C drains, writes the results
so far and says how to go on; a second Ctrl-C ends at once.

--resume goes on with a stored run, under its own plan. Only one joust at a time
writes a run: where another one has it, --resume measures nothing, names that
process and ends with exit status 1. report, list and compare read a run at any
time.

Servers get PATH and HOME as joust has them, a TMPDIR of their own, LANG=C.UTF-8,
TZ=UTC, and the variables of their server.yaml, the plan's env and --env; the last
wins. Nothing else of the shell's environment reaches them; run.json has their
environment.`,
		Example: `  joust run scripts/quick.yaml
  joust run --servers nethttp,nginx --scenarios hello --trials 6
  joust run scripts/default.yaml --servers gin,echo --mode closed
  joust run --servers nginx --scenarios hello --mode open --rates 1000,20k
  joust run --servers nethttp --isolation process,container --scenarios hello
  joust run --servers nethttp,gin --scenarios hello --env GOGC=400 --env GOMEMLIMIT=1GiB
  joust run --servers nginx --scenarios hello --mode open --rates 50%,90% --peaks latest
  joust run --servers nginx,nethttp --scenarios hello --clients auto --trials 3
  joust run --servers nginx,nethttp --scenarios hello --loader wrk --trials 3
  joust run --servers nginx --scenarios hello --find-rate "p99<10ms" --trials 3
  joust run --servers nginx --url mine=http://127.0.0.1:8080 --pid 4711 --scenarios hello
  joust run scripts/default.yaml --baseline nginx
  joust run --servers nethttp,gin --scenario-file my-rows.yaml --scenarios my_row
  joust run --servers all,-python --scenarios core,-upload_20mb --runs 3
  joust run --resume 2026-11-21T18-05-33Z`,
		Args: onePlan,
		RunE: func(c *cobra.Command, args []string) (err error) {
			if f.repeatBudget, err = a.flags.RepeatBudget(); err != nil {
				return err
			}
			f.exports, err = findExports(f.exportNames)
			if err = errors.Join(err, f.gateFlags.read()); err != nil {
				return session.Usage(err)
			}
			if f.resume != "" {
				return a.resume(c, args, &f)
			}
			return a.run(c, args, &f)
		},
	}
	flags := c.Flags()
	settingFlags(flags)
	otherNames(flags)
	flags.StringVar(&f.resume, "resume", "", "go on with a stored run that was interrupted: its ID, the beginning of one, its folder, or latest")
	a.scenarioFileFlag(flags)
	a.urlFlag(flags)
	a.sampleFlags(flags)
	listVar(flags, &f.exportNames, "export", nil, "formats of joust export in which the run is written too, into the folder export in its own")
	f.gateFlags.register(flags)
	flags.BoolVar(&f.publish, "publish", false, "write the matrices into --out as well as into the run's folder")
	return c
}

func (a *app) run(c *cobra.Command, args []string, f *runFlags) error {
	if err := a.needsPlan(args); err != nil {
		return err
	}
	if names, given := a.flags["servers"]; given {
		a.flags["servers"] = a.opener.Folders(names)
	}
	file, data, unread := readPlan(args)
	wrong, err := a.ownRows(file, data)
	if err != nil {
		return err
	}
	w, err := a.opener.LookToMeasure(a.flags.Text("pin"))
	if err != nil {
		return err
	}
	catalogue := w.Catalogue()
	if unread != nil {
		return session.Usage(noPlan(args[0], &catalogue, unread))
	}
	var foreign *external.Found
	catalogue.Loader = func(name string) string {
		loader := a.opener.FindLoader(c.Context(), name, a.flags.Text("loader-image"))
		foreign = &loader
		return loader.Why
	}
	peaks, err := a.storedPeaks(a.flags.Text("peaks"))
	if err != nil {
		return err
	}
	p, warnings, err := plan.Resolve(file, data, plan.Overrides{Flags: a.flags, RowProblems: wrong, Attached: a.opener.Attached.Names(), Peaks: peaks}, catalogue)
	if err != nil {
		return session.Usage(err)
	}
	if p.LoaderImage = a.flags.Text("loader-image"); p.LoaderImage != "" && p.Loader != "wrk2" {
		return session.Usage(errors.New("--loader-image: only wrk2 has an image; add --loader wrk2"))
	}
	m, err := w.Measure(c.Context(), p, catalogue)
	if err != nil {
		return err
	}
	m.Foreign, m.Run.Warnings = foreign, append(warnings, m.Run.Warnings...)
	if err := fitsMemory(plan.RequestMemory(p, w.Table), m.Run.Host.MemoryBytes); err != nil {
		return err
	}
	if err := a.canStore(); err != nil {
		return err
	}
	defer m.Close()
	return a.execute(c.Context(), &job{Measurement: m, runFlags: f})
}

// canStore returns an error where no run's folder can be made: before the builds
// and the wait for the machine.
func (a *app) canStore() error {
	dir := filepath.Join(a.out, journal.RunsFolder)
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = unix.Access(dir, unix.W_OK|unix.X_OK)
	}
	if err != nil {
		return fmt.Errorf("create a run in %s: %w (choose another with --out DIR)", dir, err)
	}
	return nil
}

// canPublish returns an error where the matrices cannot be written into the output
// folder in the end.
func (a *app) canPublish() error {
	if err := files.CanWriteIn(a.out); err != nil {
		return fmt.Errorf("--publish: %w (--out DIR names it)", err)
	}
	return nil
}

// resume goes on with a stored run under its own plan.
func (a *app) resume(c *cobra.Command, args []string, f *runFlags) error {
	if flag := fixedFlag(c.Flags()); len(args) > 0 || flag != "" {
		return session.Usage(fmt.Errorf("--resume goes on with the stored run's own plan: leave out %s", strings.TrimSpace(strings.Join(args, " ")+" "+flag)))
	}
	dir, err := journal.Find(a.out, f.resume)
	if err != nil {
		return session.Usage(err)
	}
	if header, err := journal.Header(dir); err == nil && header.Duel != nil {
		return session.Usage(fmt.Errorf("%s is a duel, and a duel is not resumed: measure it again: %s", header.ID, againCommand(header.CommandLine)))
	}
	// From here on no other joust can append to the folder.
	j, stored, err := journal.Resume(dir)
	var held *files.HeldError
	if errors.As(err, &held) {
		return a.ownedRun(dir, held)
	}
	if err != nil {
		return err
	}
	defer func() { _ = j.Close() }()
	done := stored.Trials
	stored.Trials = nil // a run's header has none
	stored.Plan.NoProbes = stored.Plan.NoProbes || slices.Contains(a.flags["no-probes"], "true")
	stored.Plan.NoConformance = stored.Plan.NoConformance || slices.Contains(a.flags["no-conformance"], "true")
	if stored.State == results.RunComplete {
		a.say("%s is complete: there is nothing left to measure", stored.ID)
		return a.conclude(&job{Measurement: &session.Measurement{Run: stored, Journal: j}, runFlags: f}, nil)
	}
	m, err := a.opener.Resume(c.Context(), stored, j)
	if err != nil {
		return err
	}
	return a.execute(c.Context(), &job{Measurement: m, runFlags: f, resumed: true, done: done})
}

// ownedRun returns the error of a resume of a run that another joust writes.
func (a *app) ownedRun(dir string, held *files.HeldError) error {
	name := filepath.Base(dir)
	if dir != filepath.Join(a.out, journal.RunsFolder, name) {
		name = dir
	}
	end := ""
	if held.PID != 0 {
		end = fmt.Sprintf(", or end it: kill -INT %d", held.PID)
	}
	return fmt.Errorf("another joust has the run %s (%s): wait for it to finish%s; then %s", name, held.Owner, end, a.resumeCommand(name))
}

// againCommand returns a stored command line as one types it.
func againCommand(argv []string) string {
	return shellWords(append([]string{"joust"}, argv[min(1, len(argv)):]...))
}

// resumeCommand returns the command that goes on with the run of that ID or
// folder, and finds and samples the same servers.
func (a *app) resumeCommand(name string) string {
	command := "joust run --resume " + shellWord(name)
	add := func(flag string, values ...string) {
		for _, value := range values {
			command += " " + flag + " " + shellWord(value)
		}
	}
	add("--pid", a.opener.Attached.PIDs...)
	add("--container", a.opener.Attached.Containers...)
	if a.out != defaultOut {
		add("--out", a.out)
	}
	add("--servers-dir", a.opener.ServersDirs...)
	return command
}

// readPlan reads the plan's file, if one is given.
func readPlan(args []string) (file string, data []byte, err error) {
	if len(args) == 0 {
		return "", nil, nil
	}
	if data, err = files.Read(args[0], mostPlan); err != nil {
		return "", nil, err
	}
	return args[0], data, nil
}

// ownRows adds the user's own rows, of the plan and of --scenario-file, to the scenario
// table. It returns their mistakes.
func (a *app) ownRows(file string, data []byte) (strictyaml.Problems, error) {
	rows, err := scenarios.Load()
	if err != nil {
		return nil, fmt.Errorf("the built-in scenario table: %w", err)
	}
	rows, wrong := plan.OwnRows(rows, file, data, a.opener.ScenarioFiles)
	a.opener.Rows = rows
	return wrong, nil
}

// fitsMemory returns an error where request bodies of that many bytes need more
// than half of the machine's memory, which is 0 where it is unknown.
func fitsMemory(need int64, memory uint64) error {
	have := int64(min(memory, math.MaxInt64))
	if have > 0 && need > have/2 {
		return session.Usage(fmt.Errorf("the plan's request bodies need %d MB of the machine's %d MB, and half of it is the most: leave those scenarios out", need>>20, have>>20))
	}
	return nil
}
