// Package trial measures one trial: a fresh server, the exact pass, and a load
// that goes through a ladder of phases, sampled and judged.
package trial

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// errServerEnded cancels a trial's load when its server goes away.
var errServerEnded = errors.New("the server ended during the trial")

// Watcher follows a trial. Its methods run inside windows and must return quickly.
type Watcher interface {
	Phase(w loaders.Window)
	Live(i loaders.Interval)
}

// Bench holds the settings that all trials of a run share.
type Bench struct {
	// Launcher starts the servers and loaders, and has the CPUs of both.
	Launcher launch.Launcher
	Plan     *results.Plan
	// Foreign is the tool that makes the load; nil for joust's own loader.
	Foreign *external.Found
	// Spin is the run's first spin; nil where none are timed.
	Spin    *results.Spin
	Watcher Watcher // nil for none
	// Profiles is the folder of captured profiles.
	Profiles string
}

// Task is one trial to measure, with the results of earlier trials of its run.
type Task struct {
	Trial   plan.Trial
	Row     *scenarios.Scenario
	Fixture launch.Fixture
	// CommonRPS is the common rate of the trial's table in req/s, 0 for none.
	CommonRPS float64
	// Candidate is set for a trial of the kind results.TrialConfirm.
	Candidate Candidate
	// Probes returns the experiments so far on the cell with that many clients.
	Probes func(clients int) []results.Probe
}

// Candidate is the result of a search, for the trial that confirms it.
type Candidate struct {
	RateRPS float64
	Clients int
	// Stop says why the search ended. AtLeast is true where the server did not end
	// the search.
	Stop    string
	AtLeast bool
}

// attempt is a Task on its server.
type attempt struct {
	*Bench
	Task
	on *launch.Server
	// unread says which counters of the whole trial could not be read. earlierPeak
	// is true where the kernel's memory peak may be that of an earlier time.
	unread      []string
	earlierPeak bool
	// profiler is nil but for trials of the kind results.TrialProfile.
	profiler *profiler
}

// Measure runs one ladder on a fresh server. Errors void the trial.
func (b *Bench) Measure(ctx context.Context, task Task) results.Trial {
	t, began := task.Trial, time.Now()
	result := results.Trial{
		Block: t.Block, Kind: t.Kind, Server: t.Entry.As, Scenario: t.Table.Scenario, Protocol: t.Table.Protocol,
		Repetition: t.Repetition, Started: began, State: results.TrialOK,
	}
	err := b.onServer(ctx, task, &result)
	var start *launch.StartError
	if errors.As(err, &start) {
		result.ServerLog = start.Log
	}
	switch {
	case ctx.Err() != nil:
		result.State, result.Reason = results.TrialInterrupted, "interrupted"
	case err != nil:
		result.State, result.Reason = results.TrialVoid, err.Error()
	}
	result.DurationNS = time.Since(began).Nanoseconds()
	return result
}

// onServer starts the server, measures and stops it.
func (b *Bench) onServer(ctx context.Context, task Task, result *results.Trial) error {
	p, err := b.newProfiler(ctx, task.Trial)
	if err != nil {
		return err
	}
	if p != nil {
		task.Fixture.Profile = &p.Plan
	}
	server, err := b.Launcher.StartServer(ctx, task.Fixture, scenarios.Protocol(task.Trial.Table.Protocol), task.Row)
	if err != nil {
		return err
	}
	result.ReadyNS = server.ReadyIn.Nanoseconds()
	a := &attempt{Bench: b, Task: task, on: server, profiler: p}
	if err := a.end(ctx, result, a.measure(ctx, result)); err != nil {
		return err
	}
	return p.finish(result)
}

// measure makes the exact pass, drives the ladder and judges every phase.
func (a *attempt) measure(ctx context.Context, result *results.Trial) error {
	if err := a.on.Exact(ctx, a.Row); err != nil {
		return fmt.Errorf("exact pass: %w", err)
	}
	a.noteIdle(result)
	if err := a.chooseClients(ctx, result); err != nil {
		return err
	}
	l := a.load(a.Trial)
	report, err := l.drive(ctx)
	a.profiler.wait()
	if err != nil {
		return err
	}
	result.Search = l.rates.searched(&report)
	result.Loaders, result.Spins, result.Kernel = []results.Report{report}, l.spins.spins, l.kernel
	result.Parts, result.Phases = l.parts(), l.judged(&report)
	result.MeasuredNS += measuredTime(&report)
	if l.interrupted {
		return nil
	}
	if a.on.Handle != nil {
		if memory, err := a.on.Handle.Memory(); err == nil {
			result.AfterMemoryBytes = &memory
		}
	}
	l.experiment(ctx, result)
	return nil
}

// noteIdle notes the server's idle memory and lets the kernel's peak begin anew.
func (a *attempt) noteIdle(result *results.Trial) {
	if a.on.Handle == nil {
		return
	}
	if memory, err := a.on.Handle.Memory(); err == nil {
		result.IdleMemoryBytes = &memory
	}
	a.resetPeak()
}

// resetPeak lets the kernel's memory peak of the server begin anew.
func (a *attempt) resetPeak() {
	if a.on.Handle == nil {
		return
	}
	if err := a.on.Handle.ResetPeak(); err != nil {
		a.earlierPeak, a.unread = true, append(a.unread, fmt.Sprintf("resetting the server's memory peak: %v", err))
	}
}

// end stops the server and adds the way in which it ended to the trial's error.
func (a *attempt) end(ctx context.Context, result *results.Trial, err error) error {
	if a.on.Ended() {
		err = fmt.Errorf("%w: %s", errServerEnded, launch.DescribeExit(a.on.Handle.Exit()))
	}
	if err != nil {
		result.ServerLog = a.on.LogTail()
	}
	if stop := a.on.Stop(context.WithoutCancel(ctx)); stop != nil {
		err = errors.Join(err, fmt.Errorf("ending the server: %w", stop))
	}
	return err
}

// measuredTime returns the time spent in warm-up and windows, in nanoseconds.
func measuredTime(report *results.Report) int64 {
	var total int64
	for i := range report.Phases {
		total += max(0, report.Phases[i].WindowNS())
	}
	return total
}
