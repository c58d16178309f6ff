package run

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/sample"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
	"github.com/joust-bench/joust/scenarios"
)

// errServerEnded is the cause with which a trial's load is cancelled when its
// server goes away.
var errServerEnded = errors.New("the server ended during the trial")

// Trial measures one trial without a journal, for those that put several
// runners beside each other. What goes wrong voids it and is told in it.
func (r *Runner) Trial(ctx context.Context, t plan.Trial) results.Trial { return r.trial(ctx, t) }

// trial runs one ladder on a fresh server. What goes wrong voids the trial and
// is told in it.
func (r *Runner) trial(ctx context.Context, t plan.Trial) results.Trial {
	began := time.Now()
	result := results.Trial{
		Block: t.Block, Kind: t.Kind, Server: t.Entry.As, Scenario: t.Table.Scenario, Protocol: t.Table.Protocol,
		Repetition: t.Repetition, Started: began, State: results.TrialOK,
	}
	row := r.row(t.Table.Scenario)
	server, err := r.launcher().StartServer(ctx, r.Fixtures[t.Entry.As], scenarios.Protocol(t.Table.Protocol), row)
	if err == nil {
		result.ReadyNS = server.ReadyIn.Nanoseconds()
		if err = server.Exact(ctx, row); err != nil {
			err = fmt.Errorf("exact pass: %w", err)
		} else {
			err = r.load(ctx, t, row, server, &result)
		}
		err = r.end(ctx, server, &result, err)
	}
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

// end stops the server and adds what its end tells to the trial's error.
func (r *Runner) end(ctx context.Context, s *launch.Server, result *results.Trial, err error) error {
	if s.Ended() {
		err = fmt.Errorf("%w: %s", errServerEnded, launch.DescribeExit(s.Handle.Exit()))
	}
	if err != nil {
		result.ServerLog = s.LogTail()
	}
	if stop := s.Stop(context.WithoutCancel(ctx)); stop != nil {
		err = errors.Join(err, fmt.Errorf("ending the server: %w", stop))
	}
	return err
}

// load drives the server through the ladder and judges every phase.
func (r *Runner) load(ctx context.Context, t plan.Trial, row *scenarios.Scenario, s *launch.Server, result *results.Trial) error {
	if err := beforeLoad(s, result); err != nil {
		return err
	}
	t, err := r.chooseClients(ctx, t, row, s, result)
	if err != nil {
		return err
	}
	steer := r.steer(t, row, s)
	report, err := steer.drive(ctx)
	if err != nil {
		return err
	}
	result.Search = steer.searched(&report)
	result.Loaders, result.Spins, result.Kernel = []results.Report{report}, steer.spins, steer.kernel
	result.Phases = steer.judged(&report)
	result.MeasuredNS += measuredTime(&report)
	if s.Handle != nil && !steer.cut {
		if memory, err := s.Handle.Memory(); err == nil {
			result.AfterMemoryBytes = &memory
		}
	}
	if err := steer.failure(); err != nil || steer.cut {
		return err
	}
	steer.experiment(ctx, result)
	return nil
}

// steer is the harness's side of a load of the trial's phases, not begun yet.
func (r *Runner) steer(t plan.Trial, row *scenarios.Scenario, s *launch.Server) *steering {
	return &steering{
		runner: r, trial: t, row: row, on: s, server: s.Handle, rates: rates(t), steps: searchSteps(t, r.Run.Plan),
		spec:    specFor(t, r.Run.Plan, row, r.Run.CPUs, s),
		skipped: map[string]judge.Rate{}, measured: map[string]*results.TrialPhase{}, spunBefore: map[string]int{},
	}
}

// drive runs a loader process through the phases and waits for what is sampled
// meanwhile. What the samplers could not do is in failure.
func (s *steering) drive(ctx context.Context) (results.Report, error) {
	// joust may run on the loader's only CPU: what is to be collected, and to be
	// given back to the system, is so now and not inside windows.
	debug.FreeOSMemory()
	load, end, err := s.loading(ctx)
	if err != nil {
		return results.Report{}, fmt.Errorf("starting the loader: %w", err)
	}
	defer end()

	watched, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stopWatch := watch(s.on, cancel)
	defer stopWatch()

	s.ctx = watched
	before, err := sample.ReadKernel()
	if err != nil {
		return results.Report{}, err
	}
	report, err := load(watched)
	s.cut = watched.Err() != nil
	if s.cut || err != nil {
		cancel(nil) // lets samplers of windows that never opened go
	}
	s.sampling.Wait()
	if err != nil {
		return report, fmt.Errorf("loader: %w", err)
	}
	after, err := sample.ReadKernel()
	if err != nil {
		return report, err
	}
	kernel := after.Since(before)
	s.kernel = &kernel
	if s.cut {
		return report, nil
	}
	return report, s.spin("")
}

// loading makes a loader ready: joust's own process, or a foreign tool. End ends
// it.
func (s *steering) loading(ctx context.Context) (load func(context.Context) (results.Report, error), end func(), err error) {
	if s.runner.Foreign != nil {
		return s.foreignLoading()
	}
	loader, err := s.runner.launcher().StartLoader(ctx)
	if err != nil {
		return nil, nil, err
	}
	s.loader = loader
	load = func(ctx context.Context) (results.Report, error) { return loader.Run(ctx, s.spec, s) }
	end = func() { _ = loader.Stop(context.WithoutCancel(ctx)) }
	return load, end, nil
}

// failure is what could not be sampled in a load that was not cut short.
func (s *steering) failure() error {
	if s.cut {
		return nil
	}
	return errors.Join(s.errs...)
}

// beforeLoad notes the idle memory and lets the kernel's peak begin anew.
func beforeLoad(s *launch.Server, result *results.Trial) error {
	if s.Handle == nil {
		return nil
	}
	memory, err := s.Handle.Memory()
	if err != nil {
		return fmt.Errorf("reading the server's idle memory: %w", err)
	}
	result.IdleMemoryBytes = &memory
	if err := s.Handle.ResetPeak(); err != nil {
		return fmt.Errorf("resetting the server's memory peak: %w", err)
	}
	return nil
}

// watch cancels the load when the server goes away.
func watch(s *launch.Server, cancel context.CancelCauseFunc) (stop func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-s.Exited():
			cancel(errServerEnded)
		case <-quit:
		}
	}()
	return func() { close(quit); <-ended }
}

// judged puts both sides of every measured phase together and judges it.
func (s *steering) judged(report *results.Report) []results.TrialPhase {
	var phases []results.TrialPhase
	for i := range report.Phases {
		p := &report.Phases[i]
		m := s.measured[p.Name]
		switch {
		case s.steps[p.Name]:
			continue // in the trial's search
		case p.Skipped != "":
			code := s.skipped[p.Name].SkipCode
			if code == "" {
				code = "interrupted"
			}
			phases = append(phases, results.TrialPhase{Name: p.Name, Verdict: judge.Skipped(code, p.Skipped)})
			continue
		case m == nil:
			continue
		}
		m.Verdict = judge.Phase(s.evidence(report, p, m, asked(s.spec, p.Name)))
		phases = append(phases, *m)
	}
	judge.Exceeded(report, phases, s.runner.Run.Plan.Limits())
	return phases
}

// evidence is what a phase of the load is judged by; asked is the least length
// of its window.
func (s *steering) evidence(report *results.Report, p *results.Phase, m *results.TrialPhase, asked time.Duration) judge.Evidence {
	run := &s.runner.Run
	return judge.Evidence{
		Loader: p, Measured: m, Report: report, Kernel: s.kernel, Probes: s.runner.probes[cellOf(s.trial, report)],
		LowestKept: lowestKept(report), Shared: run.CPUs.Shared, Tolerance: run.Plan.ErrorTolerance,
		Asked: asked, LargeTransfers: s.trial.Table.MinCompletions > 0,
		Reconnects: s.row.Connection.ReconnectEvery > 0, FixedClients: s.row.Clients > 0, Limits: run.Plan.Limits(),
		SpinStart: run.Spin, Spins: s.beside(p.Name),
	}
}

// lowestKept is achieved ÷ offered at the lowest rate of a foreign loader's
// report; nil for joust's own, and where it has no rates.
func lowestKept(report *results.Report) *float64 {
	var lowest *results.RateReport
	for i := range report.Phases {
		if r := report.Phases[i].Rate; report.Foreign != nil && r != nil && r.Offered > 0 && (lowest == nil || r.TargetRPS < lowest.TargetRPS) {
			lowest = r
		}
	}
	if lowest == nil {
		return nil
	}
	kept := float64(lowest.Achieved) / float64(lowest.Offered)
	return &kept
}

// asked is the least length of the phase's window.
func asked(spec loaders.Spec, phase string) time.Duration {
	for i := range spec.Phases {
		if spec.Phases[i].Name == phase {
			return spec.Phases[i].Duration
		}
	}
	return 0
}

// measuredTime is the time spent in warm-up and windows, in nanoseconds.
func measuredTime(report *results.Report) int64 {
	var total int64
	for i := range report.Phases {
		total += max(0, report.Phases[i].WindowNS())
	}
	return total
}
