package certify

import (
	"context"
	"fmt"
	"sync"

	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/sample"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
)

// loader is a loaders.Loader that starts a fresh loader process for every
// load, as every trial does, and watches the machine in the measured window.
type loader struct {
	battery *Battery
	server  host.Handle

	sampling sync.WaitGroup
	// measured and failed are of the last load, once sampling is done.
	measured *results.TrialPhase
	failed   error
}

var _ loaders.Loader = (*loader)(nil)

// Run implements loaders.Loader.
func (l *loader) Run(ctx context.Context, spec loaders.Spec, control loaders.Control) (report results.Report, err error) {
	spec.Engine = l.battery.Engine
	process, err := l.battery.Launcher.StartLoader(ctx)
	if err != nil {
		return report, err
	}
	defer func() { _ = process.Stop(context.WithoutCancel(ctx)) }()
	watched, cancel := context.WithCancel(ctx)
	defer cancel()
	l.measured, l.failed = nil, nil
	report, err = process.Run(watched, spec, &watching{Control: control, ctx: watched, loader: l})
	if err != nil {
		cancel() // lets the sampler of a window that never opened go
	}
	l.sampling.Wait()
	return report, err
}

// watching passes everything on and samples measured windows.
type watching struct {
	loaders.Control
	ctx    context.Context
	loader *loader
}

func (w *watching) Window(win loaders.Window) {
	w.Control.Window(win)
	if !win.Measured || w.loader.measured != nil {
		return
	}
	l, m := w.loader, &results.TrialPhase{Name: win.Phase}
	l.measured = m
	l.sampling.Go(func() {
		system, err := sample.ReadSystem(w.ctx, win.T0NS, win.T1NS)
		if err != nil {
			l.failed = fmt.Errorf("reading the machine's counters: %w", err)
			return
		}
		if busy, ok := system.BusyOf(l.battery.Launcher.CPUs.Server); ok {
			m.ServerCPUBusy = &busy
		}
		if busy, ok := system.BusyOf(l.battery.Launcher.CPUs.Loader); ok {
			m.LoaderCPUBusy = &busy
		}
		m.StealShare, m.Kernel = &system.Steal, &system.Kernel
	})
}

// judge is the verdict on the last load's first measured phase; nil where the
// two sides share CPUs, so that no share is anybody's.
func (l *loader) judge(spec loaders.Spec, report *results.Report) (*results.Verdict, error) {
	switch {
	case l.failed != nil:
		return nil, l.failed
	case l.measured == nil || !l.battery.Launcher.CPUs.Separate():
		return nil, nil
	}
	p := report.Phase(l.measured.Name)
	if p == nil {
		return nil, fmt.Errorf("the loader's report has no phase %q", l.measured.Name)
	}
	v := judge.Phase(judge.Evidence{Loader: p, Measured: l.measured, Report: report, Reconnects: spec.Connection.ReconnectEvery > 0})
	return &v, nil
}
