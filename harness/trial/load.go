package trial

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/sample"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/fleet"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
	"github.com/joust-bench/joust/scenarios"
)

// load is one loader that goes through the phases of a trial. It is the loader's
// Control: it has every window sampled, and spins timed between phases.
type load struct {
	*attempt
	// trial is the attempt's, or a part of it: a point of a sweep.
	trial   plan.Trial
	spec    loaders.Spec
	rates   *rates
	spins   spinTimer
	sampler *Sampler
	// ctx ends when the server goes away.
	ctx context.Context
	// processes are the loaders'; fleet is several of them as one, nil for one.
	processes []host.Handle
	fleet     *fleet.Fleet
	ready     loaders.Ready
	// interrupted is true when the load ended early. kernel is set at its end.
	interrupted bool
	kernel      *results.Kernel
}

var _ loaders.Control = (*load)(nil)

// load returns a load of the trial's phases, which has not begun.
func (a *attempt) load(t plan.Trial) *load {
	l := &load{
		attempt: a, trial: t, spec: specFor(t, *a.Plan, a.Row, a.Launcher.CPUs, a.on),
		spins: spinTimer{bench: a.Bench, before: map[string]int{}},
	}
	l.rates = &rates{load: l, skipped: map[string]results.Reason{}}
	return l
}

// drive runs a loader process through the phases and waits for the samplers,
// whose own errors are in the sampler.
func (l *load) drive(ctx context.Context) (results.Report, error) {
	// joust may run on the loader's only CPU, so it collects garbage and returns
	// memory to the system now and not inside windows.
	debug.FreeOSMemory()
	loader, end, err := l.start(ctx)
	if err != nil {
		return results.Report{}, fmt.Errorf("starting the loader: %w", err)
	}
	defer end()

	watched, cancel := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-l.on.Exited():
			cancel(errServerEnded)
		case <-watched.Done():
		}
	})
	defer watch.Wait()
	defer cancel(nil)

	l.ctx, l.sampler = watched, NewSampler(watched, l.Launcher.CPUs)
	before, beforeErr := sample.ReadKernel()
	report, err := loader.Run(watched, l.spec, l)
	l.interrupted = watched.Err() != nil
	if l.interrupted || err != nil {
		cancel(nil) // lets samplers of windows that never opened go
	}
	l.sampler.Wait()
	if err != nil {
		return report, fmt.Errorf("loader: %w", err)
	}
	if after, err := sample.ReadKernel(); beforeErr == nil && err == nil {
		kernel := after.Since(before)
		l.kernel = &kernel
	} else {
		l.unread = append(l.unread, "reading the kernel's counters: "+cmp.Or(beforeErr, err).Error())
	}
	if l.interrupted {
		return report, nil
	}
	return report, l.spins.spin(watched, "")
}

// start makes a loader ready: joust's own, several of them, or a foreign tool.
func (l *load) start(ctx context.Context) (loader loaders.Loader, end func(), err error) {
	if l.Foreign != nil {
		return l.startForeign()
	}
	started, err := l.Launcher.StartLoaders(ctx, max(1, l.Plan.Loaders))
	if err != nil {
		return nil, nil, err
	}
	end = func() {
		for _, process := range started {
			_ = process.Stop(context.WithoutCancel(ctx))
		}
	}
	all := &fleet.Fleet{}
	for _, process := range started {
		l.processes, all.Loaders = append(l.processes, process), append(all.Loaders, process)
	}
	if len(started) == 1 {
		return started[0], end, nil
	}
	l.fleet = all
	return l.fleet, end, nil
}

// Ready implements loaders.Control.
func (l *load) Ready(_ context.Context, r loaders.Ready) (int64, error) {
	if r.Connections == 0 {
		return 0, &loaders.ConnectError{Cause: r.Cause, Err: errors.New(r.FirstError)}
	}
	l.ready = r
	if err := l.spins.spin(l.ctx, l.spec.Phases[0].Name); err != nil {
		return 0, err
	}
	return clock.Now(), nil
}

// Window samples both sides and the machine over a measured window.
func (l *load) Window(w loaders.Window) {
	if l.Watcher != nil {
		l.Watcher.Phase(w)
	}
	l.spins.window(w.Phase)
	if !w.Measured {
		return
	}
	server := l.Launcher.CPUs.Server
	poll, _ := steps(l.Launcher.CPUs)
	if l.on.Attached {
		server = l.on.CPUs // the split has no CPUs for a server that joust did not start
	}
	l.sampler.Machine(w, server)
	l.sampler.Joust(w)
	if l.on.Handle != nil {
		l.sampler.Server(w, l.on.Handle, poll, l.on.RuntimeMemory)
	}
	l.sampler.Loaders(w, l.processes, poll)
	if l.profiler != nil {
		l.profiler.window(l.target(), w)
	}
}

// Interval implements loaders.Control.
func (l *load) Interval(i loaders.Interval) {
	if l.Watcher != nil {
		l.Watcher.Live(i)
	}
}

// PhaseDone implements loaders.Control.
func (l *load) PhaseDone(d loaders.PhaseDone) { l.rates.done(d) }

// Adjust decides the rate of an open-loop phase, or skips it.
func (l *load) Adjust(_ context.Context, phase string) (loaders.Adjustment, error) {
	a := l.rates.next(phase)
	if a.Skip == "" {
		if err := l.spins.spin(l.ctx, phase); err != nil {
			return loaders.Adjustment{}, err
		}
	}
	return a, nil
}

// judged returns the verdicts on all measured phases, with their samples.
func (l *load) judged(report *results.Report) []results.TrialPhase {
	var phases []results.TrialPhase
	for i := range report.Phases {
		p := &report.Phases[i]
		m, asked := l.samples(p.Name), phaseOf(l.spec, p.Name)
		switch {
		case asked.NeedsResult: // in the trial's search
		case p.Skipped != "":
			phases = append(phases, results.TrialPhase{Name: p.Name, Verdict: judge.Skipped(l.rates.skipReason(p))})
		case m != nil:
			m.Verdict = judge.Each(l.evidence(report, p, m, asked.Duration), l.parts())
			phases = append(phases, *m)
		}
	}
	judge.Exceeded(report, phases, l.Plan.Limits())
	return phases
}

// samples returns the samples of the phase's window, or nil. A memory peak that was
// not reset says nothing of the load.
func (l *load) samples(phase string) *results.TrialPhase {
	m := l.sampler.Phase(phase)
	if m != nil && m.Server != nil && l.earlierPeak {
		m.Server.PeakMemoryBytes = nil
	}
	return m
}

// parts returns the reports of several loaders; nil for one.
func (l *load) parts() []results.Report {
	if l.fleet == nil {
		return nil
	}
	return l.fleet.Reports
}

// evidence returns the evidence on a phase; asked is its window's least length.
func (l *load) evidence(report *results.Report, p *results.Phase, m *results.TrialPhase, asked time.Duration) judge.Evidence {
	return judge.Evidence{
		Loader: p, Measured: m, Report: report, Kernel: l.kernel, Probes: l.Probes(report.ConnectionsAsked),
		LowestKept: lowestKept(report), Shared: l.Launcher.CPUs.Shared, Tolerance: l.Plan.ErrorTolerance,
		Asked: asked, LargeTransfers: l.trial.Table.MinCompletions > 0,
		Reconnects: l.Row.Connection.Replaces(l.Row.Requests), FixedClients: l.Row.Clients > 0, Limits: l.Plan.Limits(),
		LeastTime: l.Row.LeastTime, Waiting: waiting(l.Row, report.ConnectionsAsked),
		Unread:    slices.Concat(l.sampler.Unread(p.Name), l.unread),
		SpinStart: l.Spin, Spins: l.spins.around(p.Name),
	}
}

// waiting returns the number of connections, of that many, that wait while the server
// of the row accepts no more.
func waiting(row *scenarios.Scenario, connections int) int {
	if accepted := row.Server.MaxConnections; accepted > 0 {
		return max(0, connections-accepted)
	}
	return 0
}

// lowestKept returns achieved ÷ offered at the lowest rate of a foreign loader's
// report; nil for joust's own, and where it has no rates.
func lowestKept(report *results.Report) (kept *float64) {
	lowest := math.Inf(1)
	for i := range report.Phases {
		if r := report.Phases[i].Rate; report.Foreign != nil && r != nil && r.Offered > 0 && r.TargetRPS < lowest {
			share := r.KeptShare()
			lowest, kept = r.TargetRPS, &share
		}
	}
	return kept
}

// phaseOf returns the phase of that name, the zero phase where there is none.
func phaseOf(spec loaders.Spec, name string) loaders.Phase {
	for i := range spec.Phases {
		if spec.Phases[i].Name == name {
			return spec.Phases[i]
		}
	}
	return loaders.Phase{}
}
