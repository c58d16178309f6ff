package trial

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
)

// settled reports whether an experiment has a reading, or has failed often enough.
func settled(list []results.Probe, kind results.ProbeKind) bool {
	tries := 0
	for _, p := range list {
		if p.Kind != kind {
			continue
		}
		if tries++; p.Reading != nil || tries >= plan.MostProbes {
			return true
		}
	}
	return false
}

// experiment makes the experiment that the trial's closed loop needs, where its
// cell has no reading yet, and judges the closed loop by it. It comes after the
// ladder, on the same server, and changes no measured window. Its errors are in
// the Probe. Foreign loaders have none.
func (l *load) experiment(ctx context.Context, result *results.Trial) {
	i := slices.IndexFunc(result.Phases, func(p results.TrialPhase) bool { return p.Name == results.PhaseClosed })
	if i < 0 || l.trial.Kind != results.TrialMeasured || l.Plan.NoProbes || l.Foreign != nil || ctx.Err() != nil {
		return
	}
	m, report := &result.Phases[i], &result.Loaders[0]
	closed := report.Phase(results.PhaseClosed)
	evidence := l.evidence(report, closed, m, phaseOf(l.spec, results.PhaseClosed).Duration)
	kind := judge.Needs(evidence)
	if kind == "" || settled(evidence.Probes, kind) {
		return
	}
	limits := l.Plan.Limits()
	measured := judge.Window(closed, m, limits)
	var p results.Probe
	if kind == results.ProbeElasticity {
		p = l.slowLoader(ctx, measured)
	} else {
		p = l.doubleClients(ctx, measured)
	}
	judge.Read(&p, limits)
	m.Probes = append(m.Probes, p)
	evidence.Probes = append(slices.Clone(evidence.Probes), p)
	m.Verdict = judge.Each(evidence, l.parts())
}

// slowLoader alternates windows without and with more CPU time per response.
func (l *load) slowLoader(ctx context.Context, measured results.ProbeWindow) results.Probe {
	delay := time.Duration(judge.ProbeShare * measured.LoaderCPUNS)
	p := results.Probe{Kind: results.ProbeElasticity, DelayNS: delay.Nanoseconds()}
	spec := l.spec
	spec.Phases = plan.ElasticityPhases(l.trial.Table, phaseOf(l.spec, results.PhaseClosed).ThinkSpin, delay)
	windows, err := l.probeWindows(ctx, spec)
	if err != nil {
		p.Failed = err.Error()
		return p
	}
	for i, w := range windows {
		if i%2 == 0 {
			p.Off = append(p.Off, w)
		} else {
			p.On = append(p.On, w)
		}
	}
	return p
}

// doubleClients measures with twice the connections.
func (l *load) doubleClients(ctx context.Context, measured results.ProbeWindow) results.Probe {
	spec := l.spec
	spec.Connections *= 2
	p := results.Probe{Kind: results.ProbeClients, Clients: spec.Connections, Off: []results.ProbeWindow{measured}}
	if most, reason := machine.MaxConnections(); most > 0 && spec.Connections > most {
		p.Failed = fmt.Sprintf("%d connections are more than the %d possible here: %s", spec.Connections, most, reason)
		return p
	}
	spec.Phases = plan.ClientPhases(l.trial.Table, phaseOf(l.spec, results.PhaseClosed).ThinkSpin)
	var err error
	if p.On, err = l.probeWindows(ctx, spec); err != nil {
		p.Failed = err.Error()
	}
	return p
}

// probeWindows runs a loader of its own and returns its measured windows.
func (l *load) probeWindows(ctx context.Context, spec loaders.Spec) ([]results.ProbeWindow, error) {
	probe := l.load(l.trial)
	probe.spec = spec
	report, err := probe.drive(ctx)
	if err != nil {
		return nil, err
	}
	if probe.interrupted {
		return nil, errors.New("it was cut short")
	}
	if err := probe.sampler.Err(); err != nil {
		return nil, err
	}
	if report.ConnectionsOpen != report.ConnectionsAsked {
		return nil, fmt.Errorf("%d of its %d connections could be opened", report.ConnectionsOpen, report.ConnectionsAsked)
	}
	var windows []results.ProbeWindow
	for i := range report.Phases {
		p := &report.Phases[i]
		if failed := p.Failures(); failed > 0 {
			return nil, fmt.Errorf("%d requests failed in %q: %s", failed, p.Name, p.Total.FirstError)
		}
		if m := probe.sampler.Phase(p.Name); m != nil {
			windows = append(windows, judge.Window(p, m, l.Plan.Limits()))
		}
	}
	return windows, nil
}
