// Package run is the orchestrator: it takes a resolved plan through checks,
// scouting and trials, journals every trial and shows an Observer how the run goes.
// It never sees a pid.
package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

// Observer watches a run. Its methods are called one at a time and return quickly;
// Live and Phase are called inside windows.
type Observer interface {
	// Note is called with a sentence that is worth a line.
	Note(format string, args ...any)
	// Checked is called after the full check of one server and row; difference
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

// Progress is a trial and its place in the run.
type Progress struct {
	Trial plan.Trial
	// Number counts from 1 to Total, scouting included; a resumed run begins
	// again.
	Number, Total int
	// Left is the planned time to the end, this trial included.
	Left time.Duration
}

// Runner runs one run. It is used once.
type Runner struct {
	// Run is the run's header; its trials are in the journal only.
	Run      results.Run
	Rows     []scenarios.Scenario
	Fixtures map[string]launch.Fixture
	// Runnable reports whether an entry can be measured in a table, before the
	// full check.
	Runnable func(results.PlanEntry, results.PlanTable) bool
	// Launcher starts servers and loaders.
	Launcher launch.Launcher
	// Foreign is the tool that makes the load; nil for joust's own loader.
	Foreign  *external.Found
	Journal  *journal.Journal
	Observer Observer
	// Done are the trials of a run that is resumed. Those that count are not
	// repeated.
	Done []results.Trial
	// RepeatBudget is the share of the planned time, 0 to 1, that repeating
	// disturbed trials may take; 0 repeats none.
	RepeatBudget float64

	// written is the index of the next trial in the journal.
	written int
	repeats repeats
	memory  memory
}

// Execute checks the servers, runs every trial and journals it. It returns an
// error when the run could not go on; when ctx ends, the run is marked as
// interrupted and the error is ctx's.
func (r *Runner) Execute(ctx context.Context) error {
	return r.whole(ctx, func() error {
		trials := r.pending()
		r.Done = nil // its trials are large
		blocks := lastBlock(trials)
		r.repeats = newRepeats(r.left(trials), r.RepeatBudget)
		i := 0
		return r.each(ctx, func() (Progress, bool) {
			if i > 0 && trials[i-1].Block > 0 && (i == len(trials) || trials[i].Block != trials[i-1].Block) {
				r.Observer.BlockEnds(trials[i-1].Block, blocks)
			}
			if i == len(trials) {
				return Progress{}, false
			}
			i++
			return Progress{Trial: trials[i-1], Number: i, Total: len(trials), Left: r.left(trials[i-1:])}, true
		})
	})
}

// Series is Execute with an order that is decided while the run goes on: after
// the checks, next names one trial after another, until it is false. The Observer
// gets the trials, and Run.Servers have the outcome of the checks. planned is the
// time that all trials may take.
func (r *Runner) Series(ctx context.Context, planned time.Duration, next func() (Progress, bool)) error {
	return r.whole(ctx, func() error {
		r.repeats = newRepeats(planned, r.RepeatBudget)
		return r.each(ctx, next)
	})
}

// whole runs the trials between the beginning and the end of a run.
func (r *Runner) whole(ctx context.Context, trials func() error) error {
	r.written = nextIndex(r.Done)
	for i := range r.Done {
		r.memory.keep(&r.Done[i])
	}
	err := r.begin(ctx)
	if err == nil {
		err = trials()
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

// each runs the trials that next names until it is false or ctx ends. Before the
// first block it fixes the common rates.
func (r *Runner) each(ctx context.Context, next func() (Progress, bool)) error {
	blocks := false
	for ctx.Err() == nil {
		p, more := next()
		if !more {
			return nil
		}
		if p.Trial.Block > 0 && !blocks {
			blocks = true
			if err := r.fixCommonRates(); err != nil {
				return err
			}
		}
		r.Observer.TrialBegins(p)
		if err := r.measure(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// measure runs one trial and journals it. It repeats a trial that the machine
// disturbed as long as the budget allows.
func (r *Runner) measure(ctx context.Context, p Progress) error {
	if p.Trial.Kind == results.TrialConfirm && r.memory.knee(p.Trial).RateRPS == 0 {
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
			r.memory.keep(&result)
			return nil
		}
	}
}

// pending returns the plan's trials that no earlier part of the run has done.
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

// runnable reports whether the entry can be measured in the table and has passed
// the full check of its row.
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
	i := slices.IndexFunc(r.Rows, func(s scenarios.Scenario) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &r.Rows[i]
}

// Trial measures one trial without a journal, for callers that alternate several
// runners; the Observer may be nil. Errors void the trial; Reason holds the text.
func (r *Runner) Trial(ctx context.Context, t plan.Trial) results.Trial {
	return r.bench().Measure(ctx, trial.Task{
		Trial: t, Row: r.row(t.Table.Scenario), Fixture: r.Fixtures[t.Entry.As],
		CommonRPS: r.commonRate(t.Table), Candidate: r.memory.knee(t), Probes: r.memory.probesOf(t),
	})
}

// bench returns what the run's trials have in common.
func (r *Runner) bench() *trial.Bench {
	return &trial.Bench{Launcher: r.Launcher, Plan: &r.Run.Plan, Foreign: r.Foreign, Spin: r.Run.Spin, Watcher: r.Observer, Profiles: r.profiles()}
}

// profiles returns the folder of profiles; empty without a journal, where none is
// taken.
func (r *Runner) profiles() string {
	if r.Journal == nil {
		return ""
	}
	return filepath.Join(r.Journal.Dir(), "profiles")
}

// startSpin times the spin that later ones are compared with, once a run.
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
