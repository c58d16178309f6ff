package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/run"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/matrix"
)

// job is one execution of a plan.
type job struct {
	*session.Measurement
	publish bool
	// repeatBudget is as in run.Runner.
	repeatBudget float64
	// resumed tells that the run was there before, done what it has.
	resumed bool
	done    []results.Trial
}

// execute measures: build, lock, check, scout, trials, matrices.
func (a *app) execute(ctx context.Context, j *job) (err error) {
	a.announce(j)
	if err := j.Prepare(ctx); err != nil {
		return err
	}
	s, err := j.Open(ctx, a.out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	show := a.newProgress(j.Measurement)
	runner := &run.Runner{
		Run: j.Run, Rows: j.Catalogue.Scenarios, Fixtures: j.Fixtures, Runnable: j.Catalogue.Runnable,
		Launcher: s.Launcher, Foreign: j.Foreign, Journal: j.Journal, Observer: show, Done: j.done, RepeatBudget: j.repeatBudget,
	}
	err = runner.Execute(ctx)
	show.end()
	return a.conclude(j, err)
}

// announce says what will happen before anything does.
func (a *app) announce(j *job) {
	p := &j.Run.Plan
	name := p.Source
	if name == "" {
		name = "from flags"
	}
	trials := len(plan.Expand(*p, j.Catalogue.Runnable))
	fmt.Fprintf(a.stderr, "plan %s: %s, %s, %s, seed %d\n", name,
		count(len(p.Entries), "server"), count(len(p.Tables), "table"), count(trials, "trial"), p.Seed)
	fmt.Fprintf(a.stderr, "planned time %s%s, at most %s with all repeats, without builds\n", seconds(p.PlannedNS), warming(plan.Waiting(*p, j.Catalogue.Runnable)), seconds(p.AtMostNS))
	fmt.Fprintf(a.stderr, "CPUs: %s\n", describeSplit(j.Run.CPUs))
	if p.Loaders > 1 {
		fmt.Fprintf(a.stderr, "%d loader processes make each load together\n", p.Loaders)
	}
	for _, w := range slices.Concat(j.Run.Warnings, plan.ClaimNotes(*p, j.Catalogue.Runnable), plan.SearchNotes(*p)) {
		fmt.Fprintf(a.stderr, "note: %s\n", w)
	}
	for _, s := range j.Run.Servers {
		if s.Unavailable != "" {
			fmt.Fprintf(a.stderr, "left out: %s: %s\n", s.Name, s.Unavailable)
		}
	}
	if j.resumed {
		fmt.Fprintf(a.stderr, "resuming %s, which has %s\n", j.Run.ID, count(len(j.done), "trial"))
	}
}

// warming says how much longer the warm-ups may last all together.
func warming(longer time.Duration) string {
	if longer == 0 {
		return ""
	}
	return fmt.Sprintf(" and up to %s until servers are steady", seconds(longer.Nanoseconds()))
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
	set, readErr := readCells(j.Journal.Dir())
	if readErr != nil {
		return errors.Join(err, readErr)
	}
	files, renderErr := render(set, a.matrixFolders(j.Journal.Dir(), j.publish))
	fmt.Fprintln(a.stdout, matrix.Headline(set, columns(a.stdout)))
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
	for _, dir := range a.opener.ServersDirs {
		text.WriteString(" --servers-dir " + shellWord(dir))
	}
	return text.String()
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
	return exit(ExitVoid)
}
