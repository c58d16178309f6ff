// Package run is the orchestrator: it takes a resolved plan through checks,
// scouting and trials, journals every trial and tells an Observer how it goes.
// It never sees a pid.
package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/trial"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/journal"
	"github.com/joust-bench/joust/scenarios"
)

// Observer is told how a run goes. Its methods return quickly; Live and Phase
// are called inside windows.
type Observer interface {
	// Note is a sentence that is worth a line.
	Note(format string, args ...any)
	// Checked is told after the full check of one server and row; difference
	// is empty when it passed.
	Checked(server, scenario, difference string)
	// TrialBegins and TrialEnds enclose a trial.
	TrialBegins(p Progress)
	Phase(w loaders.Window)
	Live(i loaders.Interval)
	TrialEnds(p Progress, t results.Trial)
	// BlockEnds is called when the journal holds a whole block.
	BlockEnds(block, blocks int)
}

// Progress is how far the run is.
type Progress struct {
	Trial plan.Trial
	// Number counts from 1 to Total, scouting included, what was done before
	// a resume left out.
	Number, Total int
	Blocks        int
	// Left is the planned time of what is left, this trial included.
	Left time.Duration
}

// Runner holds what a run needs. It is used once.
type Runner struct {
	// Run is the run's header; its trials are in the journal only.
	Run      results.Run
	Rows     []scenarios.Scenario
	Fixtures map[string]launch.Fixture
	// Runnable tells whether an entry can be measured in a table, the full
	// check aside.
	Runnable func(results.PlanEntry, results.PlanTable) bool
	// Launcher starts servers and loaders.
	Launcher launch.Launcher
	// Foreign is the tool that makes the load; nil for joust's own loader.
	Foreign  *external.Found
	Journal  *journal.Journal
	Observer Observer
	// Done are the trials of a run that is resumed, of which those that count
	// are not repeated.
	Done []results.Trial
	// RepeatBudget is the share of the planned time, 0 to 1, that repeating
	// disturbed trials may take; 0 repeats none.
	RepeatBudget float64

	written int
	repeats repeats
	found   map[foundKey]trial.Candidate
	// probes are the experiments made so far, by cell.
	probes map[cell][]results.Probe
}

// Execute checks the servers, runs every trial and journals it. It returns an
// error when the run could not go on; when ctx ends, the run is marked as
// interrupted and the error is ctx's.
func (r *Runner) Execute(ctx context.Context) error { return r.whole(ctx, r.execute) }

// whole does a run from its beginning to its end, whatever its trials are.
func (r *Runner) whole(ctx context.Context, trials func(context.Context) error) error {
	r.written = nextIndex(r.Done)
	err := r.begin(ctx)
	if err == nil {
		err = trials(ctx)
	}
	now := time.Now()
	r.Run.Finished = &now
	r.Run.State = results.RunComplete
	if err != nil || ctx.Err() != nil {
		r.Run.State = results.RunInterrupted
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return errors.Join(err, r.Journal.UpdateRun(r.Run))
}

// begin checks the servers.
func (r *Runner) begin(ctx context.Context) error {
	r.Run.State, r.Run.Finished = results.RunRunning, nil
	if err := os.MkdirAll(r.Launcher.Logs, 0o755); err != nil {
		return fmt.Errorf("making the folder for the servers' logs: %w", err)
	}
	r.startSpin(ctx)
	if err := r.checkAll(ctx); err != nil {
		return err
	}
	return r.Journal.UpdateRun(r.Run)
}

func (r *Runner) execute(ctx context.Context) error {
	trials := r.pending()
	r.repeats = newRepeats(r.left(trials), r.RepeatBudget)
	for i := range r.Done {
		r.noteFound(&r.Done[i])
		r.keepProbes(&r.Done[i])
	}
	r.Done = slices.DeleteFunc(r.Done, func(t results.Trial) bool { return t.Kind != results.TrialScout })
	blocks := lastBlock(trials)
	for i, t := range trials {
		if ctx.Err() != nil {
			return nil
		}
		if i == 0 || trials[i-1].Block == 0 && t.Block > 0 {
			if err := r.fixCommonRates(t.Block); err != nil {
				return err
			}
		}
		p := Progress{Trial: t, Number: i + 1, Total: len(trials), Blocks: blocks, Left: r.left(trials[i:])}
		r.Observer.TrialBegins(p)
		if err := r.measure(ctx, p); err != nil {
			return err
		}
		if t.Block > 0 && (i+1 == len(trials) || trials[i+1].Block != t.Block) {
			r.Observer.BlockEnds(t.Block, blocks)
		}
	}
	return nil
}

// measure runs one trial and journals it, and runs it again where the machine
// disturbed it too much and the budget for that allows.
func (r *Runner) measure(ctx context.Context, p Progress) error {
	if r.nothingToConfirm(p.Trial) {
		r.Observer.Note("[%d/%d] %s %s: no rate was found that could be confirmed", p.Number, p.Total, p.Trial.Entry.As, p.Trial.Table.Scenario)
		return nil
	}
	for {
		began := time.Now()
		result := r.Trial(ctx, p.Trial)
		result.Index = r.written
		again := r.repeats.allow(&result, float64(p.Number)/float64(p.Total), time.Since(began))
		if again {
			result.State = results.TrialRepeated
		}
		if err := r.Journal.Append(result); err != nil {
			return fmt.Errorf("%w; what was measured before is safe", err)
		}
		r.written++
		r.Observer.TrialEnds(p, result)
		if !again || ctx.Err() != nil {
			r.note(result)
			return nil
		}
	}
}

// note keeps in memory only what later decisions need.
func (r *Runner) note(t results.Trial) {
	r.keepProbes(&t)
	if t.Kind == results.TrialScout {
		r.Done = append(r.Done, t)
	}
	r.noteFound(&t)
}

// pending are the plan's trials that no earlier part of the run has done.
func (r *Runner) pending() []plan.Trial {
	all := plan.Expand(r.Run.Plan, r.runnable)
	return slices.DeleteFunc(all, func(t plan.Trial) bool {
		return slices.ContainsFunc(r.Done, func(d results.Trial) bool { return sameTrial(d, t) })
	})
}

func sameTrial(d results.Trial, t plan.Trial) bool {
	return d.State != results.TrialInterrupted && d.State != results.TrialRepeated && d.Kind == t.Kind && d.Server == t.Entry.As &&
		d.Scenario == t.Table.Scenario && d.Protocol == t.Table.Protocol && d.Repetition == t.Repetition
}

// runnable leaves out what the full check has found wrong.
func (r *Runner) runnable(e results.PlanEntry, t results.PlanTable) bool {
	s := r.Run.Server(e.As)
	return r.Runnable(e, t) && (s == nil || s.CheckFailed[t.Scenario] == "")
}

func (r *Runner) left(trials []plan.Trial) time.Duration {
	var left time.Duration
	for _, t := range trials {
		left += plan.TrialTime(t, r.Run.Plan)
	}
	return left
}

func (r *Runner) row(name string) *scenarios.Scenario {
	for i := range r.Rows {
		if r.Rows[i].Name == name {
			return &r.Rows[i]
		}
	}
	return nil
}

// Trial measures one trial without a journal, for callers that alternate several
// runners. Errors void the trial; Reason holds the text.
func (r *Runner) Trial(ctx context.Context, t plan.Trial) results.Trial {
	return r.bench().Measure(ctx, trial.Task{
		Trial: t, Row: r.row(t.Table.Scenario), Fixture: r.Fixtures[t.Entry.As],
		CommonRPS: r.commonRate(t.Table), Candidate: r.found[keyOf(t)], Probes: r.probesOf(t),
	})
}

// bench is what the run's trials have in common.
func (r *Runner) bench() *trial.Bench {
	return &trial.Bench{Launcher: r.Launcher, Plan: &r.Run.Plan, Foreign: r.Foreign, Spin: r.Run.Spin, Watcher: r.Observer}
}

// startSpin times what later spins are compared with, once a run.
func (r *Runner) startSpin(ctx context.Context) {
	if r.Run.Spin != nil {
		return
	}
	s, err := r.bench().FirstSpin(ctx)
	switch {
	case err == nil:
		r.Run.Spin = &s
	case ctx.Err() == nil:
		r.Observer.Note("whether the machine becomes slower is not watched: %v", err)
	}
}

func nextIndex(done []results.Trial) int {
	next := 0
	for _, t := range done {
		next = max(next, t.Index+1)
	}
	return next
}

func lastBlock(trials []plan.Trial) int {
	last := 0
	for _, t := range trials {
		last = max(last, t.Block)
	}
	return last
}
