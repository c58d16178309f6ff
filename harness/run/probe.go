package run

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

// cell is what one experiment speaks for.
type cell struct {
	server, scenario, protocol string
	clients                    int
}

func cellOf(t plan.Trial, report *results.Report) cell {
	return cell{t.Entry.As, t.Table.Scenario, t.Table.Protocol, report.ConnectionsAsked}
}

// keepProbes remembers the experiments of a trial that counts, so that the
// later trials of its cell are judged by them.
func (r *Runner) keepProbes(t *results.Trial) {
	if t.Kind != results.TrialMeasured || t.State != results.TrialOK || len(t.Loaders) == 0 {
		return
	}
	if r.probes == nil {
		r.probes = map[cell][]results.Probe{}
	}
	c := cell{t.Server, t.Scenario, t.Protocol, t.Loaders[0].ConnectionsAsked}
	for _, phase := range t.Phases {
		r.probes[c] = append(r.probes[c], phase.Probes...)
	}
}

// settled tells whether an experiment needs no further try: it has a reading,
// or has failed often enough.
func settled(list []results.Probe, kind results.ProbeKind) bool {
	tries := 0
	for _, p := range list {
		if p.Kind == kind {
			tries++
		}
		if p.Kind == kind && p.Reading != nil {
			return true
		}
	}
	return tries >= plan.MostProbes
}

// experiment makes the experiment that the closed loop of the trial asks for,
// where its cell has no reading yet, and judges the closed loop by it. It comes
// after the ladder, on the same server, so that it changes nothing that is
// measured. What goes wrong in it is told in it. Foreign loaders know none.
func (s *steering) experiment(ctx context.Context, result *results.Trial) {
	i := slices.IndexFunc(result.Phases, func(p results.TrialPhase) bool { return p.Name == results.PhaseClosed })
	if i < 0 || s.trial.Kind != results.TrialMeasured || s.runner.Run.Plan.NoProbes || s.runner.Foreign != nil || ctx.Err() != nil {
		return
	}
	m, report := &result.Phases[i], &result.Loaders[0]
	closed := report.Phase(results.PhaseClosed)
	evidence := s.evidence(report, closed, m, asked(s.spec, results.PhaseClosed))
	kind := judge.Needs(evidence)
	if kind == "" || settled(evidence.Probes, kind) {
		return
	}
	limits := s.runner.Run.Plan.Limits()
	measured := judge.Window(closed, m, limits)
	var p results.Probe
	if kind == results.ProbeElasticity {
		p = s.slowLoader(ctx, measured)
	} else {
		p = s.doubleClients(ctx, measured)
	}
	judge.Read(&p, limits)
	m.Probes = append(m.Probes, p)
	evidence.Probes = append(slices.Clone(evidence.Probes), p)
	m.Verdict = judge.Phase(evidence)
}

// slowLoader alternates windows in which the loader works as it does and is
// slowed by a known CPU time per response.
func (s *steering) slowLoader(ctx context.Context, measured results.ProbeWindow) results.Probe {
	delay := time.Duration(judge.ProbeShare * measured.LoaderCPUNS)
	p := results.Probe{Kind: results.ProbeElasticity, DelayNS: delay.Nanoseconds()}
	spec := s.spec
	spec.Phases = plan.ElasticityPhases(s.trial.Table, s.thinkSpin(), delay)
	windows, err := s.probeWindows(ctx, spec)
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

// doubleClients asks with twice the connections.
func (s *steering) doubleClients(ctx context.Context, measured results.ProbeWindow) results.Probe {
	spec := s.spec
	spec.Connections *= 2
	p := results.Probe{Kind: results.ProbeClients, Clients: spec.Connections, Off: []results.ProbeWindow{measured}}
	if most, reason := machine.MaxConnections(); most > 0 && spec.Connections > most {
		p.Failed = fmt.Sprintf("%d connections are more than the %d possible here: %s", spec.Connections, most, reason)
		return p
	}
	spec.Phases = plan.ClientPhases(s.trial.Table, s.thinkSpin())
	var err error
	if p.On, err = s.probeWindows(ctx, spec); err != nil {
		p.Failed = err.Error()
	}
	return p
}

// thinkSpin is the CPU time that the loader burns per response in the closed
// loop anyway.
func (s *steering) thinkSpin() time.Duration {
	for i := range s.spec.Phases {
		if s.spec.Phases[i].Name == results.PhaseClosed {
			return s.spec.Phases[i].ThinkSpin
		}
	}
	return 0
}

// probeWindows runs a loader of its own and returns its measured windows, in
// their order.
func (s *steering) probeWindows(ctx context.Context, spec loaders.Spec) ([]results.ProbeWindow, error) {
	probe := s.runner.steer(s.trial, s.row, s.on)
	probe.spec = spec
	report, err := probe.drive(ctx)
	if err != nil {
		return nil, err
	}
	if probe.cut {
		return nil, errors.New("it was cut short")
	}
	if err := probe.failure(); err != nil {
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
		if m := probe.measured[p.Name]; m != nil {
			windows = append(windows, judge.Window(p, m, s.runner.Run.Plan.Limits()))
		}
	}
	return windows, nil
}
