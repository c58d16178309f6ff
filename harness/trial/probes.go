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
	p := l.probe(ctx, kind, judge.Window(closed, m, limits))
	judge.Read(&p, limits)
	m.Probes = append(m.Probes, p)
	evidence.Probes = append(slices.Clone(evidence.Probes), p)
	m.Verdict = judge.Each(evidence, l.parts())
	judge.Exceeded(report, result.Phases, limits)
}

// probe measures windows without and with a change of the closed loop: more CPU
// time per response, or twice the connections.
func (l *load) probe(ctx context.Context, kind results.ProbeKind, closed results.ProbeWindow) results.Probe {
	p, spec, spin := results.Probe{Kind: kind}, l.spec, phaseOf(l.spec, results.PhaseClosed).ThinkSpin
	if kind == results.ProbeElasticity {
		delay := time.Duration(judge.ProbeShare * closed.LoaderCPUNS)
		p.DelayNS, spec.Phases = delay.Nanoseconds(), plan.ElasticityPhases(l.trial.Table, spin, delay)
	} else {
		spec.Connections *= 2
		p.Clients, p.Off, spec.Phases = spec.Connections, []results.ProbeWindow{closed}, plan.ClientPhases(l.trial.Table, spin)
	}
	windows, err := l.probeWindows(ctx, spec)
	if err != nil {
		p.Failed = err.Error()
		return p
	}
	for i, w := range windows {
		if kind == results.ProbeElasticity && i%2 == 0 {
			p.Off = append(p.Off, w)
		} else {
			p.On = append(p.On, w)
		}
	}
	return p
}

// probeWindows runs a loader of its own and returns its measured windows.
func (l *load) probeWindows(ctx context.Context, spec loaders.Spec) ([]results.ProbeWindow, error) {
	if most, reason := machine.MaxConnections(); spec.Connections > most {
		return nil, fmt.Errorf("%d connections are more than the %d possible here: %s", spec.Connections, most, reason)
	}
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
