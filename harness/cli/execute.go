package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/run"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/journal"
	"github.com/joust-bench/joust/results/matrix"
)

type fixture = launch.Fixture

// job is one execution of a plan.
type job struct {
	ctx       context.Context
	world     *world
	catalogue plan.Catalogue
	run       results.Run
	// journal is nil until the machine is this run's own, but for a resumed one.
	journal *journal.Journal
	publish bool
	// repeatBudget is as in run.Runner.
	repeatBudget float64
	// resumed tells that the run was there before, done what it has.
	resumed  bool
	done     []results.Trial
	fixtures map[string]fixture
	// foreign is the plan's loader; nil for joust's own.
	foreign *external.Found
}

// execute measures: build, lock, check, scout, trials, matrices.
func (a *app) execute(ctx context.Context, j *job) error {
	if runtime.GOOS != "linux" {
		return host.ErrNotLinux
	}
	j.ctx = ctx
	a.announce(j)
	local, release, loader, err := a.ready(j)
	if err != nil {
		return err
	}
	defer release()
	containers, end, err := a.containers(j.fixtures, j.foreign)
	if err != nil {
		return err
	}
	if err := a.create(j); err != nil {
		return errors.Join(err, end())
	}
	a.examine(j)
	show := a.newProgress(j)
	runner := &run.Runner{
		Run: j.run, Rows: j.catalogue.Scenarios, Fixtures: j.fixtures, Runnable: j.catalogue.Runnable,
		Launcher: launch.Launcher{Host: local, Containers: containers, LoaderArgv: loader}, Foreign: j.foreign, Journal: j.journal, Observer: show, Done: j.done, RepeatBudget: j.repeatBudget,
	}
	err = errors.Join(runner.Execute(ctx), end())
	show.end()
	return a.conclude(j, err)
}

// ready does what must be done before anything is measured.
func (a *app) ready(j *job) (local *host.Local, release func(), loader []string, err error) {
	if err := a.prepare(j); err != nil {
		return nil, nil, nil, err
	}
	if err := a.prepareForeign(j.ctx, j.foreign); err != nil {
		return nil, nil, nil, err
	}
	if loader, err = selfCommand("loader"); err != nil {
		return nil, nil, nil, err
	}
	local, release, err = a.ownMachine(j.ctx, j.run.CPUs)
	return local, release, loader, err
}

// ownMachine makes this joust the only one that measures, on a localHost.
func (a *app) ownMachine(ctx context.Context, split results.CPUSplit) (*host.Local, func(), error) {
	unlock, err := a.lock(ctx)
	if err != nil {
		return nil, nil, err
	}
	local, err := a.localHost(ctx, split)
	if err != nil {
		_ = unlock() // the first error is the one that matters
		return nil, nil, err
	}
	return local, func() { _ = unlock() }, nil
}

// lock waits until this joust is the only one that measures. What ends the wait
// ends nothing else: no request is in flight, and there is no result to write.
func (a *app) lock(ctx context.Context) (unlock func() error, err error) {
	stopping := a.stopping.Swap("joust: stopping: it was waiting, and nothing was measured")
	defer a.stopping.Store(stopping)
	unlock, err = machine.Lock(ctx, func(holder string) {
		fmt.Fprintf(a.stderr, "joust: waiting: another joust measures on this machine (%s)\n", holder)
	})
	if err != nil && ctx.Err() != nil {
		return nil, errTold
	}
	return unlock, err
}

// localHost ends what dead jousts left, moves joust itself to the loader's
// side, and starts programs on this machine.
func (a *app) localHost(ctx context.Context, split results.CPUSplit) (*host.Local, error) {
	swept, err := host.Sweep(ctx)
	for _, path := range append(swept.Cgroups, swept.TempDirs...) {
		fmt.Fprintf(a.stderr, "joust: removed what a dead joust left: %s\n", path)
	}
	names, sweepErr := a.sweepContainers(ctx)
	for _, name := range names {
		fmt.Fprintf(a.stderr, "joust: removed a container that a dead joust left: %s\n", name)
	}
	if err := errors.Join(err, sweepErr); err != nil {
		fmt.Fprintf(a.stderr, "joust: %v\n", err)
	}
	options := host.Options{}
	if split.Separate() {
		options.KeeperCPUs = split.Loader
		if err := cpuset.SetProcess(os.Getpid(), split.Loader); err != nil {
			return nil, fmt.Errorf("moving joust to the loader's CPUs: %w", err)
		}
	}
	return host.NewLocal(options)
}

// announce says what will happen before anything does.
func (a *app) announce(j *job) {
	p := &j.run.Plan
	name := p.Source
	if name == "" {
		name = "from flags"
	}
	trials := len(plan.Expand(*p, j.catalogue.Runnable))
	fmt.Fprintf(a.stderr, "plan %s: %s, %s, %s, seed %d\n", name,
		count(len(p.Entries), "server"), count(len(p.Tables), "table"), count(trials, "trial"), p.Seed)
	fmt.Fprintf(a.stderr, "planned time %s%s, at most %s with all repeats, builds apart\n", span(p.PlannedNS), warming(plan.Waiting(*p, j.catalogue.Runnable)), span(p.AtMostNS))
	fmt.Fprintf(a.stderr, "CPUs: %s\n", describeSplit(j.run.CPUs))
	for _, w := range slices.Concat(j.run.Warnings, plan.ClaimNotes(*p, j.catalogue.Runnable), plan.SearchNotes(*p)) {
		fmt.Fprintf(a.stderr, "note: %s\n", w)
	}
	for _, s := range j.run.Servers {
		if s.Unavailable != "" {
			fmt.Fprintf(a.stderr, "left out: %s: %s\n", s.Name, s.Unavailable)
		}
	}
	if j.resumed {
		fmt.Fprintf(a.stderr, "resuming %s, which has %s\n", j.run.ID, count(len(j.done), "trial"))
	}
}

// warming says how much longer the warm-ups may last all together.
func warming(longer time.Duration) string {
	if longer == 0 {
		return ""
	}
	return fmt.Sprintf(" and up to %s until servers are steady", span(longer.Nanoseconds()))
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
	set, readErr := readCells(j.journal.Dir())
	if readErr != nil {
		return errors.Join(err, readErr)
	}
	files, renderErr := render(set, a.matrixFolders(j.journal.Dir(), j.publish))
	fmt.Fprintln(a.stdout, matrix.Headline(set, a.width()))
	a.tellFiles(files)
	if set.Run.State != results.RunComplete {
		fmt.Fprintf(a.stdout, "interrupted: go on with %s\n", a.resumeCommand(set.Run.ID))
	}
	if err := errors.Join(err, renderErr); err != nil {
		return err
	}
	return a.voidCells(set)
}

// folderFlags are the flags by which another call finds the same folders.
func (a *app) folderFlags() string {
	var text strings.Builder
	if a.out != defaultOut {
		text.WriteString(" --out " + shellWord(a.out))
	}
	for _, dir := range a.serversDirs {
		text.WriteString(" --servers-dir " + shellWord(dir))
	}
	return text.String()
}

// shellWord is the text as one word of a shell.
func shellWord(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/._-+:@%", r)
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// indented is a text of several lines that stands under another.
func indented(text string) string { return strings.ReplaceAll(text, "\n", "\n    ") }

// count is a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// voidCells counts the cells that have no valid trial, says why, and turns them
// into an exit code.
func (a *app) voidCells(set *cells.Set) error {
	void := matrix.VoidCells(set)
	if len(void) == 0 {
		return nil
	}
	list := make([]string, len(void))
	for i, cell := range void {
		list[i] = indented(cell)
	}
	are := "cells are"
	if len(void) == 1 {
		are = "cell is"
	}
	fmt.Fprintf(a.stdout, "%d %s void:\n  %s\n", len(void), are, strings.Join(list, "\n  "))
	return &codedError{code: ExitVoid, err: errTold}
}

// span prints a duration of nanoseconds for people.
func span(ns int64) string { return time.Duration(ns).Round(time.Second).String() }
