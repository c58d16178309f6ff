package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
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
	*runFlags
	// resumed is true for a run that was there before; done are its trials.
	resumed bool
	done    []results.Trial
}

// newRunner returns the runner of a measurement in its session.
func newRunner(m *session.Measurement, s *session.Session, observer run.Observer, repeatBudget float64) *run.Runner {
	return &run.Runner{
		Run: m.Run, Rows: m.Catalogue.Scenarios, Fixtures: m.Fixtures, Runnable: m.Catalogue.Runnable,
		Launcher: s.Launcher, Foreign: m.Foreign, Journal: m.Journal, Observer: observer, RepeatBudget: repeatBudget,
	}
}

// execute measures: build, lock, check, scout, trials, matrices.
func (a *app) execute(ctx context.Context, j *job) error {
	if j.publish {
		if err := a.canPublish(); err != nil {
			return err
		}
	}
	a.announce(j)
	if err := j.Prepare(ctx); err != nil {
		return err
	}
	s, err := j.Open(ctx, a.out)
	if err != nil {
		return err
	}
	show := a.newProgress(j.Measurement)
	runner := newRunner(j.Measurement, s, show, j.repeatBudget)
	runner.Done = j.done
	err = runner.Execute(ctx)
	show.end()
	return a.conclude(j, err)
}

// announce describes the run before it begins.
func (a *app) announce(j *job) {
	p, runnable := &j.Run.Plan, j.Catalogue.Runnable
	a.say("plan %s: %s, %s, %s, seed %d", cmp.Or(p.Source, "from flags"), results.Counted(len(p.Entries), "server"),
		results.Counted(len(p.Tables), "table"), results.Counted(len(plan.Expand(*p, runnable)), "trial"), p.Seed)
	warming := ""
	if longer := plan.Waiting(*p, runnable); longer > 0 {
		warming = fmt.Sprintf(" and up to %s until servers are steady", seconds(longer.Nanoseconds()))
	}
	a.say("planned time %s%s, at most %s with all repeats, without builds", seconds(p.PlannedNS), warming, seconds(p.AtMostNS))
	if blocks, first := plan.Blocks(*p, j.Catalogue); blocks > 1 && !j.resumed {
		a.say("first table after block 1 of %d: about %s from the first trial on", blocks, min(first, firstTable).Round(time.Second))
	}
	a.say("CPUs: %s", describeSplit(j.Run.CPUs))
	if p.Loaders > 1 {
		a.say("%d loader processes make each load together", p.Loaders)
	}
	for _, w := range slices.Concat(j.Run.Warnings, plan.ClaimNotes(*p, runnable), plan.SearchNotes(*p)) {
		a.say("note: %s", w)
	}
	for _, s := range j.Run.Servers {
		if s.Unavailable != "" {
			a.say("left out: %s: %s", s.Name, s.Unavailable)
		}
	}
	if j.resumed {
		a.say("resuming %s, which has %s", j.Run.ID, results.Counted(len(j.done), "trial"))
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

// conclude writes the matrices, prints the headline and decides the exit code.
func (a *app) conclude(j *job, err error) error {
	set, readErr := readCells(j.Journal.Dir())
	if readErr != nil {
		return errors.Join(err, readErr)
	}
	fmt.Fprintln(a.stdout, matrix.Headline(set, columns(a.stdout)))
	err = errors.Join(err, a.render(set, a.matrixFolders(j.Journal.Dir(), j.publish)...), a.exportRun(j.Journal.Dir(), set, j.exports, &j.gateFlags))
	if set.Run.State != results.RunComplete {
		fmt.Fprintf(a.stdout, "interrupted: go on with %s\n", a.resumeCommand(set.Run.ID))
	}
	void, gates := a.printVoid(set), a.judgeGates(set, &j.gateFlags)
	switch {
	case err == nil && gates != nil:
		err = gates
	case err == nil && void:
		err = exit(ExitVoid)
	}
	return err
}

// printVoid prints the cells without a valid trial, with the reasons, and reports
// whether there are any.
func (a *app) printVoid(set *cells.Set) bool {
	void := matrix.VoidCells(set)
	if len(void) == 0 {
		return false
	}
	are := "cells are"
	if len(void) == 1 {
		are = "cell is"
	}
	fmt.Fprintf(a.stdout, "%d %s void:\n", len(void), are)
	for _, cell := range void {
		printWrapped(a.stdout, "  %s", indented(cell))
	}
	return true
}
