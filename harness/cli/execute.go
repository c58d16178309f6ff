package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/run"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/journal"
	"github.com/joust-bench/joust/results/matrix"
)

type fixture = run.Fixture

// job is one execution of a plan.
type job struct {
	ctx       context.Context
	world     *world
	catalogue plan.Catalogue
	run       results.Run
	journal   *journal.Journal
	publish   bool
	done      []results.Trial
	fixtures  map[string]fixture
}

// execute measures: build, lock, check, scout, trials, matrices.
func (a *app) execute(ctx context.Context, j *job) error {
	if runtime.GOOS != "linux" {
		return host.ErrNotLinux
	}
	j.ctx = ctx
	a.announce(j)
	if err := a.prepare(j); err != nil {
		return err
	}
	local, release, err := a.ownMachine(ctx, j.run.CPUs)
	if err != nil {
		return err
	}
	defer release()
	loader, err := selfCommand("loader")
	if err != nil {
		return err
	}
	show := a.newProgress(j)
	runner := &run.Runner{
		Run: j.run, Rows: j.catalogue.Scenarios, Fixtures: j.fixtures, Runnable: j.catalogue.Runnable,
		Host: local, LoaderArgv: loader, Journal: j.journal, Observer: show, Done: j.done,
	}
	err = runner.Execute(ctx)
	show.end()
	return a.conclude(j, err)
}

// ownMachine makes this joust the only one that measures, ends what dead ones
// left, and moves joust itself to the loader's side.
func (a *app) ownMachine(ctx context.Context, split results.CPUSplit) (*host.Local, func(), error) {
	unlock, err := machine.Lock(ctx, func(holder string) {
		fmt.Fprintf(a.stderr, "joust: waiting: another joust measures on this machine (%s)\n", holder)
	})
	if err != nil {
		return nil, nil, err
	}
	release := func() { _ = unlock() }
	swept, err := host.Sweep(ctx)
	for _, path := range append(swept.Cgroups, swept.TempDirs...) {
		fmt.Fprintf(a.stderr, "joust: removed what a dead joust left: %s\n", path)
	}
	if err != nil {
		fmt.Fprintf(a.stderr, "joust: %v\n", err)
	}
	options := host.Options{}
	if split.Pinned && !split.Shared {
		options.KeeperCPUs = split.Loader
		if err := cpuset.SetProcess(os.Getpid(), split.Loader); err != nil {
			release()
			return nil, nil, fmt.Errorf("moving joust to the loader's CPUs: %w", err)
		}
	}
	local, err := host.NewLocal(options)
	if err != nil {
		release()
		return nil, nil, err
	}
	return local, release, nil
}

// announce says what will happen before anything does.
func (a *app) announce(j *job) {
	p := &j.run.Plan
	name := p.Name
	if p.Source != "" {
		name = p.Source
	}
	if name == "" {
		name = "from flags"
	}
	trials := plan.Expand(*p, j.catalogue.Runnable)
	fmt.Fprintf(a.stderr, "plan %s: %d servers, %d tables, %d trials, seed %d\n", name, len(p.Entries), len(p.Tables), len(trials), p.Seed)
	fmt.Fprintf(a.stderr, "planned time %s, at most %s, builds apart\n", span(p.PlannedNS), span(p.AtMostNS))
	fmt.Fprintf(a.stderr, "CPUs: %s\n", describeSplit(j.run.CPUs))
	for _, w := range append(j.run.Warnings, plan.ClaimNotes(*p, j.catalogue.Runnable)...) {
		fmt.Fprintf(a.stderr, "note: %s\n", w)
	}
	for _, s := range j.run.Servers {
		if s.Unavailable != "" {
			fmt.Fprintf(a.stderr, "left out: %s: %s\n", s.Name, s.Unavailable)
		}
	}
	if len(j.done) > 0 {
		fmt.Fprintf(a.stderr, "resuming %s: %d trials are there\n", j.run.ID, len(j.done))
	}
}

func describeSplit(s results.CPUSplit) string {
	var text string
	switch {
	case !s.Pinned:
		text = "server and loader are not pinned"
	case s.Shared:
		text = "server and loader share CPU " + cpuset.Format(s.Server)
	default:
		text = fmt.Sprintf("server %s, loader and joust %s", cpuset.Format(s.Server), cpuset.Format(s.Loader))
	}
	if s.Note != "" {
		text += " (" + s.Note + ")"
	}
	return text
}

// conclude writes the matrices, shows the headline and decides the exit code.
func (a *app) conclude(j *job, err error) error {
	stored, readErr := journal.Open(j.journal.Dir())
	if readErr != nil {
		return errors.Join(err, readErr)
	}
	files, renderErr := a.render(j.journal.Dir(), stored, j.publish)
	fmt.Fprintln(a.stdout, matrix.Headline(stored, a.width()))
	a.tellFiles(files)
	if stored.State == results.RunInterrupted {
		fmt.Fprintf(a.stdout, "interrupted: go on with joust run --resume %s%s\n", stored.ID, a.outFlag())
	}
	if err := errors.Join(err, renderErr); err != nil {
		return err
	}
	return a.voidCells(&stored)
}

func (a *app) outFlag() string {
	if a.out == "results" {
		return ""
	}
	return " --out " + a.out
}

// voidCells counts the cells that have no valid trial, says why, and turns them
// into an exit code.
func (a *app) voidCells(stored *results.Run) error {
	void := matrix.VoidCells(*stored)
	if len(void) == 0 {
		return nil
	}
	fmt.Fprintf(a.stdout, "%d cells are void:\n  %s\n", len(void), strings.Join(void, "\n  "))
	return &codedError{code: ExitVoid, err: errTold}
}

// span prints a duration of nanoseconds for people.
func span(ns int64) string { return time.Duration(ns).Round(time.Second).String() }
