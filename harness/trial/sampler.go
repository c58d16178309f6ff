package trial

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/sample"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

// Sampler reads, at both ends of announced windows, what the machine, joust
// itself and any programs use. Its methods return at once; Wait waits until all
// windows have ended. It may be used from several goroutines.
type Sampler struct {
	ctx  context.Context
	cpus results.CPUSplit

	reading sync.WaitGroup
	mu      sync.Mutex
	phases  map[string]*results.TrialPhase
	errs    []error
}

// NewSampler samples until ctx ends. The CPUs are those of each side.
func NewSampler(ctx context.Context, cpus results.CPUSplit) *Sampler {
	return &Sampler{ctx: ctx, cpus: cpus, phases: map[string]*results.TrialPhase{}}
}

// Machine samples the machine's counters in the window. The server's CPUs are
// those given, which need not be the split's where joust did not start it.
func (s *Sampler) Machine(w loaders.Window, server []int) {
	s.sample(w, "reading the machine's counters", func(m *results.TrialPhase) error {
		system, err := sample.ReadSystem(s.ctx, w.T0NS, w.T1NS)
		if err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if busy, ok := system.BusyOf(server); ok {
			m.ServerCPUBusy = &busy
		}
		if share, ok := system.InterruptsOf(s.cpus.Server); ok && !s.cpus.Shared {
			m.ServerInterrupts, m.ServerCPUs = &share, len(s.cpus.Server)
		}
		if busy, ok := system.BusyOf(s.cpus.Loader); ok {
			m.LoaderCPUBusy = &busy
		}
		m.StealShare, m.Kernel = &system.Steal, &system.Kernel
		return nil
	})
}

// Joust samples the CPU time of this process in the window.
func (s *Sampler) Joust(w loaders.Window) {
	s.sample(w, "reading joust's own CPU time", func(m *results.TrialPhase) error {
		var at [2]int64
		for i, instant := range []int64{w.T0NS, w.T1NS} {
			if err := clock.SleepUntil(s.ctx, instant); err != nil {
				return err
			}
			var err error
			if at[i], err = clock.ProcessCPU(); err != nil {
				return err
			}
		}
		used := at[1] - at[0]
		s.mu.Lock()
		defer s.mu.Unlock()
		m.OrchestratorCPUNS = &used
		return nil
	})
}

// Server samples the server's tree of processes in the window, and polls its
// timeline; poll 0 has none.
func (s *Sampler) Server(w loaders.Window, h host.Handle, poll time.Duration) {
	s.sample(w, "sampling the server", func(m *results.TrialPhase) error {
		u, err := h.Usage(s.ctx, w.T0NS, w.T1NS, poll)
		if err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		m.Server = &u
		return nil
	})
}

// Loaders samples the loaders' trees of processes in the window, as one.
func (s *Sampler) Loaders(w loaders.Window, handles []host.Handle, poll time.Duration) {
	for _, h := range handles {
		s.sample(w, "sampling the loader", func(m *results.TrialPhase) error {
			u, err := h.Usage(s.ctx, w.T0NS, w.T1NS, poll)
			if err != nil {
				return err
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if m.Loader != nil {
				u = together(*m.Loader, u)
			}
			m.Loader = &u
			return nil
		})
	}
}

// sample runs one reading at the same time as the others.
func (s *Sampler) sample(w loaders.Window, doing string, read func(*results.TrialPhase) error) {
	s.mu.Lock()
	m := s.phases[w.Phase]
	if m == nil {
		m = &results.TrialPhase{Name: w.Phase}
		s.phases[w.Phase] = m
	}
	s.mu.Unlock()
	s.reading.Go(func() {
		if err := read(m); err != nil && s.ctx.Err() == nil {
			s.mu.Lock()
			s.errs = append(s.errs, fmt.Errorf("%s in phase %q: %w", doing, w.Phase, err))
			s.mu.Unlock()
		}
	})
}

// Wait waits until every window has ended, or ctx.
func (s *Sampler) Wait() { s.reading.Wait() }

// Phase returns the samples of the phase's window, nil where there are none. They
// are complete after Wait.
func (s *Sampler) Phase(name string) *results.TrialPhase {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.phases[name]
}

// Err returns the errors of all readings. A reading that the end of ctx cut short
// is no error.
func (s *Sampler) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.errs...)
}
