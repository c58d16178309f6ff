package trial

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/sample"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/fleet"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
)

// load is one loader that goes through the phases of a trial. It is the loader's
// Control: it has every window sampled, and spins timed between phases.
type load struct {
	*attempt
	// trial is the attempt's, or a part of it: a point of a sweep.
	trial   plan.Trial
	spec    loaders.Spec
	rates   *rates
	quiet   quiet
	sampler *Sampler
	// ctx ends when the server goes away.
	ctx context.Context
	// processes are those of the loaders. fleet is several of them as one; nil
	// for one.
	processes []host.Handle
	fleet     *fleet.Fleet
	ready     loaders.Ready
	// interrupted is true when the load ended early. kernel has the kernel's witnesses of
	// the whole load, once it has ended.
	interrupted bool
	kernel      *results.Kernel
}

var _ loaders.Control = (*load)(nil)

// load is a load of the trial's phases, not begun yet.
func (a *attempt) load(t plan.Trial) *load {
	l := &load{
		attempt: a, trial: t, spec: specFor(t, *a.Plan, a.Row, a.Launcher.CPUs, a.on),
		quiet: quiet{bench: a.Bench, before: map[string]int{}},
	}
	l.rates = newRates(a, t, l.step)
	return l
}

// drive runs a loader process through the phases and waits for what is sampled
// meanwhile. The samplers' own errors are in the sampler.
func (l *load) drive(ctx context.Context) (results.Report, error) {
	// joust may run on the loader's only CPU: what is to be collected, and to be
	// given back to the system, is so now and not inside windows.
	debug.FreeOSMemory()
	loader, end, err := l.start(ctx)
	if err != nil {
		return results.Report{}, fmt.Errorf("starting the loader: %w", err)
	}
	defer end()

	watched, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stopWatch := l.watch(cancel)
	defer stopWatch()

	l.ctx, l.sampler = watched, NewSampler(watched, l.Launcher.CPUs)
	before, err := sample.ReadKernel()
	if err != nil {
		return results.Report{}, err
	}
	report, err := loader.Run(watched, l.spec, l)
	l.interrupted = watched.Err() != nil
	if l.interrupted || err != nil {
		cancel(nil) // lets samplers of windows that never opened go
	}
	l.sampler.Wait()
	if err != nil {
		return report, fmt.Errorf("loader: %w", err)
	}
	after, err := sample.ReadKernel()
	if err != nil {
		return report, err
	}
	kernel := after.Since(before)
	l.kernel = &kernel
	if l.interrupted {
		return report, nil
	}
	return report, l.quiet.spin(watched, "")
}

// start makes a loader ready: joust's own process, several of them, or a foreign
// tool. End ends it.
func (l *load) start(ctx context.Context) (loader loaders.Loader, end func(), err error) {
	if l.Foreign != nil {
		return l.startForeign()
	}
	started, err := l.Launcher.StartLoaders(ctx, max(1, l.Plan.Loaders))
	if err != nil {
		return nil, nil, err
	}
	l.fleet = &fleet.Fleet{}
	for _, process := range started {
		l.processes = append(l.processes, process)
		l.fleet.Loaders = append(l.fleet.Loaders, process)
	}
	end = func() {
		for _, process := range started {
			_ = process.Stop(context.WithoutCancel(ctx))
		}
	}
	if len(started) == 1 {
		l.fleet = nil
		return started[0], end, nil
	}
	return l.fleet, end, nil
}

// watch cancels the load when the server goes away.
func (l *load) watch(cancel context.CancelCauseFunc) (stop func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-l.on.Exited():
			cancel(errServerEnded)
		case <-quit:
		}
	}()
	return func() { close(quit); <-ended }
}

// Ready implements loaders.Control.
func (l *load) Ready(_ context.Context, r loaders.Ready) (int64, error) {
	if r.Connections == 0 {
		return 0, &loaders.ConnectError{Cause: r.Cause, Err: errors.New(r.FirstError)}
	}
	l.ready = r
	if err := l.quiet.spin(l.ctx, l.spec.Phases[0].Name); err != nil {
		return 0, err
	}
	return clock.Now(), nil
}

// Window samples both sides and the machine over a measured window.
func (l *load) Window(w loaders.Window) {
	if l.Watcher != nil {
		l.Watcher.Phase(w)
	}
	l.quiet.window(w.Phase)
	if !w.Measured {
		return
	}
	cpus := l.Launcher.CPUs
	server, poll := cpus.Server, pollStep(cpus)
	if l.on.Attached {
		server = l.on.CPUs // the split says nothing of a server that joust did not start
	}
	l.sampler.Machine(w, server)
	l.sampler.Joust(w)
	if l.on.Handle != nil {
		l.sampler.Server(w, l.on.Handle, poll)
	}
	l.sampler.Loaders(w, l.processes, poll)
}

// Interval implements loaders.Control.
func (l *load) Interval(i loaders.Interval) {
	if l.Watcher != nil {
		l.Watcher.Live(i)
	}
}

// PhaseDone implements loaders.Control.
func (l *load) PhaseDone(d loaders.PhaseDone) { l.rates.done(d) }

// Adjust decides the rate of an open-loop phase, or that it is skipped.
func (l *load) Adjust(_ context.Context, phase string) (loaders.Adjustment, error) {
	a := l.rates.next(phase)
	if a.Skip == "" {
		if err := l.quiet.spin(l.ctx, phase); err != nil {
			return loaders.Adjustment{}, err
		}
	}
	return a, nil
}

// step judges the step of a search that has just ended; window is its least
// length.
func (l *load) step(p *results.Phase, window time.Duration) *results.TrialPhase {
	l.sampler.Wait()
	m := l.sampler.Phase(p.Name)
	connected := &results.Report{ConnectionsAsked: l.ready.Asked, ConnectionsOpen: l.ready.Connections, Depth: l.spec.Depth}
	m.Verdict = judge.Phase(l.evidence(connected, p, m, window))
	return m
}

// judged puts both sides of every measured phase together and judges it.
func (l *load) judged(report *results.Report) []results.TrialPhase {
	var phases []results.TrialPhase
	for i := range report.Phases {
		p := &report.Phases[i]
		m := l.sampler.Phase(p.Name)
		switch {
		case l.rates.steps[p.Name]:
			continue // in the trial's search
		case p.Skipped != "":
			phases = append(phases, results.TrialPhase{Name: p.Name, Verdict: judge.Skipped(l.rates.skipCode(p.Name), p.Skipped)})
			continue
		case m == nil:
			continue
		}
		evidence := l.evidence(report, p, m, asked(l.spec, p.Name))
		m.Verdict = judge.Each(judge.Phase(evidence), l.partVerdicts(evidence))
		phases = append(phases, *m)
	}
	judge.Exceeded(report, phases, l.Plan.Limits())
	return phases
}

// partVerdicts returns the verdicts on the shares that several loaders made of a phase;
// none for one loader.
func (l *load) partVerdicts(e judge.Evidence) []results.Verdict {
	if l.fleet == nil {
		return nil
	}
	var list []results.Verdict
	for i := range l.fleet.Reports {
		part := e
		part.Report = &l.fleet.Reports[i]
		if part.Loader = part.Report.Phase(e.Loader.Name); part.Loader != nil {
			list = append(list, judge.Phase(part))
		}
	}
	return list
}

// evidence is what a phase of the load is judged by; asked is the least length
// of its window.
func (l *load) evidence(report *results.Report, p *results.Phase, m *results.TrialPhase, asked time.Duration) judge.Evidence {
	return judge.Evidence{
		Loader: p, Measured: m, Report: report, Kernel: l.kernel, Probes: l.probes(report.ConnectionsAsked),
		LowestKept: lowestKept(report), Shared: l.Launcher.CPUs.Shared, Tolerance: l.Plan.ErrorTolerance,
		Asked: asked, LargeTransfers: l.trial.Table.MinCompletions > 0,
		Reconnects: l.Row.Connection.ReconnectEvery > 0, FixedClients: l.Row.Clients > 0, Limits: l.Plan.Limits(),
		SpinStart: l.Spin, Spins: l.quiet.beside(p.Name),
	}
}

// probes returns the experiments made so far with that number of clients.
func (a *attempt) probes(clients int) []results.Probe {
	if a.Probes == nil {
		return nil
	}
	return a.Probes(clients)
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
