package trial

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/sample"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

// Sampler reads, at both ends of announced windows, the counters of the machine,
// of joust itself and of any programs. Its methods return at once; Wait waits
// until all windows have ended. It may be used from several goroutines.
type Sampler struct {
	ctx  context.Context
	cpus results.CPUSplit

	reading sync.WaitGroup
	mu      sync.Mutex
	phases  map[string]*results.TrialPhase
	// errs are by phase.
	errs map[string][]error
}

// NewSampler returns a Sampler that reads until ctx ends. cpus are both sides'.
func NewSampler(ctx context.Context, cpus results.CPUSplit) *Sampler {
	return &Sampler{ctx: ctx, cpus: cpus, phases: map[string]*results.TrialPhase{}, errs: map[string][]error{}}
}

// Machine samples the machine's counters in the window. The server's CPUs are
// those given, which need not be the split's where joust did not start it.
func (s *Sampler) Machine(w loaders.Window, server []int) {
	s.sample(w, "reading the machine's counters", func() (func(*results.TrialPhase), error) {
		system, err := sample.ReadSystem(s.ctx, w.T0NS, w.T1NS)
		return func(m *results.TrialPhase) {
			if busy, ok := system.BusyOf(server); ok {
				m.ServerCPUBusy = &busy
			}
			if share, ok := system.InterruptsOf(s.cpus.Server); ok && !s.cpus.Shared {
				m.ServerInterrupts, m.ServerCPUs = &share, len(s.cpus.Server)
			}
			if busy, ok := system.BusyOf(s.cpus.Loader); ok {
				m.LoaderCPUBusy = &busy
			}
			m.StealShare, m.Kernel, m.EnergyJoules = &system.Steal, &system.Kernel, system.EnergyJoules
		}, err
	})
}

// Joust samples the CPU time of this process in the window.
func (s *Sampler) Joust(w loaders.Window) {
	s.sample(w, "reading joust's own CPU time", func() (func(*results.TrialPhase), error) {
		var at [2]int64
		for i, instant := range []int64{w.T0NS, w.T1NS} {
			err := clock.SleepUntil(s.ctx, instant)
			if err == nil {
				at[i], err = clock.ProcessCPU()
			}
			if err != nil {
				return nil, err
			}
		}
		used := at[1] - at[0]
		return func(m *results.TrialPhase) { m.OrchestratorCPUNS = &used }, nil
	})
}

// Server samples the server's tree of processes, with a timeline unless poll is 0.
// Behind the window it asks runtime, unless that is nil, what the server's runtime holds.
func (s *Sampler) Server(w loaders.Window, h host.Handle, poll time.Duration, runtime func(context.Context) (uint64, error)) {
	s.sample(w, "sampling the server", func() (func(*results.TrialPhase), error) {
		u, err := h.Usage(s.ctx, w.T0NS, w.T1NS, poll)
		if err == nil && runtime != nil {
			if held, err := runtime(s.ctx); err == nil {
				u.RuntimeMemoryBytes = &held
			} else if s.ctx.Err() == nil {
				u.Warnings = append(u.Warnings, err.Error())
			}
		}
		return func(m *results.TrialPhase) { m.Server = &u }, err
	})
}

// Loaders samples the loaders' trees of processes in the window, as one.
func (s *Sampler) Loaders(w loaders.Window, handles []host.Handle, poll time.Duration) {
	for _, h := range handles {
		s.sample(w, "sampling the loader", func() (func(*results.TrialPhase), error) {
			u, err := h.Usage(s.ctx, w.T0NS, w.T1NS, poll)
			return func(m *results.TrialPhase) {
				if m.Loader != nil {
					u = together(*m.Loader, u)
				}
				m.Loader = &u
			}, err
		})
	}
}

// sample runs one reading at the same time as the others, and stores it.
func (s *Sampler) sample(w loaders.Window, doing string, read func() (store func(*results.TrialPhase), err error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.phases[w.Phase]
	if m == nil {
		m = &results.TrialPhase{Name: w.Phase}
		s.phases[w.Phase] = m
	}
	s.reading.Go(func() {
		store, err := read()
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case err == nil:
			store(m)
		case s.ctx.Err() == nil:
			s.errs[w.Phase] = append(s.errs[w.Phase], fmt.Errorf("%s in phase %q: %w", doing, w.Phase, err))
		}
	})
}

// Wait waits until every window has ended, or ctx.
func (s *Sampler) Wait() { s.reading.Wait() }

// Phase returns the samples of the phase's window, or nil; complete after Wait.
func (s *Sampler) Phase(name string) *results.TrialPhase {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.phases[name]
}

// Err returns the errors of all readings that the end of ctx did not cut short.
func (s *Sampler) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []error
	for _, phase := range slices.Sorted(maps.Keys(s.errs)) {
		all = append(all, s.errs[phase]...)
	}
	return errors.Join(all...)
}

// Unread says which counters could not be read in the phase's window; complete
// after Wait.
func (s *Sampler) Unread(phase string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var texts []string
	for _, err := range s.errs[phase] {
		texts = append(texts, err.Error())
	}
	return texts
}

// together adds the use of two trees of processes in one window. A figure that is
// absent for one tree is absent for both.
func together(a, b results.Usage) results.Usage {
	all := a
	all.ReadT0NS, all.ReadT1NS = min(a.ReadT0NS, b.ReadT0NS), max(a.ReadT1NS, b.ReadT1NS)
	all.CPUNS += b.CPUNS
	all.UserNS, all.SystemNS = sum(a.UserNS, b.UserNS), sum(a.SystemNS, b.SystemNS)
	all.BusiestThread = nil
	if a.BusiestThread != nil && b.BusiestThread != nil {
		busiest := max(*a.BusiestThread, *b.BusiestThread)
		all.BusiestThread = &busiest
	}
	all.PeakMemoryBytes = sum(a.PeakMemoryBytes, b.PeakMemoryBytes)
	all.GroupPeakBytes = sum(a.GroupPeakBytes, b.GroupPeakBytes)
	all.Processes += b.Processes
	all.Threads += b.Threads
	all.ThrottledNS, all.CPUPressureNS = sum(a.ThrottledNS, b.ThrottledNS), sum(a.CPUPressureNS, b.CPUPressureNS)
	all.ThrottledPeriods, all.QuotaPeriods = sum(a.ThrottledPeriods, b.ThrottledPeriods), sum(a.QuotaPeriods, b.QuotaPeriods)
	all.QuotaCPUs = sum(a.QuotaCPUs, b.QuotaCPUs)
	all.Timeline = nil // the points are not at the same times
	all.Warnings = append(a.Warnings[:len(a.Warnings):len(a.Warnings)], b.Warnings...)
	return all
}

// sum adds two figures; it is nil where one of them is.
func sum[N int64 | uint64 | float64](a, b *N) *N {
	if a == nil || b == nil {
		return nil
	}
	n := *a + *b
	return &n
}
