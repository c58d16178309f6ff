package certify

import (
	"context"
	"fmt"

	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/trial"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
)

// freshLoader is a loaders.Loader that starts a fresh loader process for every
// load, as every trial does, and samples the machine in the measured window.
type freshLoader struct {
	launcher launch.Launcher
	engine   loaders.EngineName

	// sampler is the last load's; phase is the name of its first measured phase,
	// empty where there was none.
	sampler *trial.Sampler
	phase   string
}

var _ loaders.Loader = (*freshLoader)(nil)

// Run implements loaders.Loader.
func (l *freshLoader) Run(ctx context.Context, spec loaders.Spec, control loaders.Control) (report results.Report, err error) {
	spec.Engine = l.engine
	process, err := l.launcher.StartLoader(ctx)
	if err != nil {
		return report, err
	}
	defer func() { _ = process.Stop(context.WithoutCancel(ctx)) }()
	watched, cancel := context.WithCancel(ctx)
	defer cancel()
	l.sampler, l.phase = trial.NewSampler(watched, l.launcher.CPUs), ""
	report, err = process.Run(watched, spec, watching{control, l})
	if err != nil {
		cancel() // ends the sampler of a window that never opened
	}
	l.sampler.Wait()
	return report, err
}

// watching is a control that samples the first measured window as well.
type watching struct {
	loaders.Control
	loader *freshLoader
}

// Window implements loaders.Control.
func (w watching) Window(win loaders.Window) {
	w.Control.Window(win)
	if l := w.loader; win.Measured && l.phase == "" {
		l.phase = win.Phase
		l.sampler.Machine(win, l.launcher.CPUs.Server)
	}
}

// judge returns the verdict on the last load's first measured phase, nil where the
// two sides share CPUs: shares of CPUs mean nothing then.
func (l *freshLoader) judge(spec loaders.Spec, report *results.Report) (*results.Verdict, error) {
	if err := l.sampler.Err(); err != nil {
		return nil, err
	}
	if l.phase == "" || !l.launcher.CPUs.Separate() {
		return nil, nil
	}
	p := report.Phase(l.phase)
	if p == nil {
		return nil, fmt.Errorf("the loader's report has no phase %q", l.phase)
	}
	v := judge.Phase(judge.Evidence{
		Loader: p, Measured: l.sampler.Phase(l.phase), Report: report, Reconnects: spec.Connection.Replaces(spec.Requests),
		Limits: results.DefaultThresholds(),
	})
	return &v, nil
}
