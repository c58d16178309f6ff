package run

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/sample"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
	"github.com/joust-bench/joust/scenarios"
)

// steering is the harness's side of one trial's load: it samples every window
// that is announced and decides the rates.
type steering struct {
	ctx     context.Context
	runner  *Runner
	trial   plan.Trial
	row     *scenarios.Scenario
	spec    loaders.Spec
	on      *launch.Server
	server  host.Handle // nil when joust did not start it
	loader  host.Handle
	rates   map[string]results.PlanRate
	skipped map[string]judge.Rate

	// peak and cost are of this trial's closed loop: req/s, and the loader's
	// CPU nanoseconds per request over threads.
	peak, cost float64
	threads    int
	// cut is true when the load ended early. kernel has the kernel's witnesses
	// of the whole load, once it has ended.
	cut    bool
	kernel *results.Kernel
	// ready is what the loader connected. steps are the phases of a search for
	// a rate, told the last one that ended, hunt what it came to.
	ready loaders.Ready
	steps map[string]bool
	told  *results.Phase
	hunt  *hunt

	// spins are timed while the loader waits; spunBefore has, by phase, the
	// number of the last one before its window.
	spins      []results.Spin
	spunBefore map[string]int

	sampling sync.WaitGroup
	mu       sync.Mutex
	measured map[string]*results.TrialPhase
	errs     []error
}

var _ loaders.Control = (*steering)(nil)

func (s *steering) Ready(_ context.Context, r loaders.Ready) (int64, error) {
	if r.Connections == 0 {
		return 0, &loaders.ConnectError{Cause: r.Cause, Err: errors.New(r.FirstError)}
	}
	s.ready = r
	if err := s.spin(s.spec.Phases[0].Name); err != nil {
		return 0, err
	}
	return clock.Now(), nil
}

// Window samples both sides and the machine over a measured window.
func (s *steering) Window(w loaders.Window) {
	s.runner.Observer.Phase(w)
	s.spunBefore[w.Phase] = len(s.spins) - 1
	if !w.Measured {
		return
	}
	m := &results.TrialPhase{Name: w.Phase}
	s.mu.Lock()
	s.measured[w.Phase] = m
	s.mu.Unlock()
	poll := pollStep(s.runner.Run.CPUs)
	s.sample(func() error {
		system, err := sample.ReadSystem(s.ctx, w.T0NS, w.T1NS)
		if err != nil {
			return fmt.Errorf("reading the machine's counters in phase %q: %w", w.Phase, err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.system(m, system)
		return nil
	})
	s.sample(func() error { return s.ownUse(w, m) })
	if s.server != nil {
		s.sample(func() error { return s.usage(w, s.server, poll, &m.Server, "server") })
	}
	s.sample(func() error { return s.usage(w, s.loader, poll, &m.Loader, "loader") })
}

// sample runs one reading beside the others.
func (s *steering) sample(read func() error) {
	s.sampling.Go(func() {
		if err := read(); err != nil && s.ctx.Err() == nil {
			s.mu.Lock()
			s.errs = append(s.errs, err)
			s.mu.Unlock()
		}
	})
}

// ownUse notes what the orchestrator itself uses in the window.
func (s *steering) ownUse(w loaders.Window, m *results.TrialPhase) error {
	var at [2]int64
	for i, instant := range []int64{w.T0NS, w.T1NS} {
		if err := clock.SleepUntil(s.ctx, instant); err != nil {
			return fmt.Errorf("reading joust's own CPU time in phase %q: %w", w.Phase, err)
		}
		var err error
		if at[i], err = clock.ProcessCPU(); err != nil {
			return fmt.Errorf("reading joust's own CPU time in phase %q: %w", w.Phase, err)
		}
	}
	used := at[1] - at[0]
	s.mu.Lock()
	defer s.mu.Unlock()
	m.OrchestratorCPUNS = &used
	return nil
}

func (s *steering) usage(w loaders.Window, h host.Handle, poll time.Duration, into **results.Usage, side string) error {
	u, err := h.Usage(s.ctx, w.T0NS, w.T1NS, poll)
	if err != nil {
		return fmt.Errorf("sampling the %s in phase %q: %w", side, w.Phase, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	*into = &u
	return nil
}

func (s *steering) system(m *results.TrialPhase, system sample.System) {
	split := s.runner.Run.CPUs
	// The split says nothing of a server that joust did not start.
	server := split.Server
	if s.on.Attached {
		server = s.on.CPUs
	}
	if busy, ok := system.BusyOf(server); ok {
		m.ServerCPUBusy = &busy
	}
	if share, ok := system.InterruptsOf(split.Server); ok && !split.Shared {
		m.ServerInterrupts, m.ServerCPUs = &share, len(split.Server)
	}
	if busy, ok := system.BusyOf(split.Loader); ok {
		m.LoaderCPUBusy = &busy
	}
	steal := system.Steal
	m.StealShare, m.Kernel = &steal, &system.Kernel
}

func (s *steering) Interval(i loaders.Interval) { s.runner.Observer.Live(i) }

func (s *steering) PhaseDone(d loaders.PhaseDone) {
	if d.CPUPerRequestNS > 0 && s.cost == 0 {
		s.cost = d.CPUPerRequestNS
	}
	s.threads = d.Threads
	s.told = d.Result
	if d.Phase == results.PhaseClosed {
		s.peak, s.cost = d.ThroughputRPS, d.CPUPerRequestNS
	}
}

// Adjust decides the rate of an open-loop phase, or that it is skipped.
func (s *steering) Adjust(_ context.Context, phase string) (loaders.Adjustment, error) {
	a := s.adjust(phase)
	if a.Skip == "" {
		if err := s.spin(phase); err != nil {
			return loaders.Adjustment{}, err
		}
	}
	return a, nil
}

func (s *steering) adjust(phase string) loaders.Adjustment {
	if s.steps[phase] {
		return s.searchStep(phase)
	}
	rate := s.rate(phase)
	if rate.Skip != "" {
		s.skipped[phase] = rate
	}
	return loaders.Adjustment{Phase: phase, RateRPS: rate.RPS, Skip: rate.Skip}
}

func (s *steering) rate(phase string) judge.Rate {
	r, ok := s.rates[phase]
	if !ok {
		return judge.Rate{SkipCode: "no-rate", Skip: "the plan names no rate for this phase"}
	}
	var rps float64
	switch r.Kind {
	case results.RateAbsolute:
		rps = r.RateRPS
	case results.RateCommon:
		rps = s.runner.commonRate(s.trial.Table)
		if rps == 0 {
			return judge.Rate{SkipCode: "no-common-rate", Skip: "no scouting trial gave a common rate"}
		}
	default:
		peak := s.peak
		if !s.trial.Table.Closed {
			peak = plan.Peak(s.runner.Run.Plan, s.trial.Entry, s.trial.Table)
		}
		rps = r.Fraction * peak
		if rps <= 0 {
			return judge.Rate{SkipCode: "no-peak", Skip: "there is no peak to take a fraction of: the closed loop completed nothing"}
		}
	}
	// The loader must pace a ramp at its fastest.
	paced := judge.Pace(s.runner.Run.Plan.Limits(), max(rps, s.trial.Table.RampToRPS), s.cost, s.threads)
	if paced.Skip == "" {
		paced.RPS = rps
	}
	return paced
}
