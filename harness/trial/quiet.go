package trial

import (
	"context"
	"fmt"
	"time"

	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/results"
)

// The tries of a spin: what the whole run is compared with deserves more, later
// ones end with the first that is fast enough. What disturbs them all lasts.
const (
	startTries = 10
	laterTries = 5
)

// FirstSpin times the spin with which the later ones of a run are compared.
func (b *Bench) FirstSpin(ctx context.Context) (results.Spin, error) {
	return b.timeSpin(ctx, startTries, results.Spin{})
}

// timeSpin times both sides, one after the other. A try is fast enough within
// the limit beyond the start's.
func (b *Bench) timeSpin(ctx context.Context, tries int, start results.Spin) (s results.Spin, err error) {
	cpus := b.Launcher.CPUs
	enough := func(ns int64) time.Duration { return time.Duration(float64(ns) * (1 + b.Plan.Limits().SpinSlower)) }
	if s.ServerNS, err = machine.Spin(ctx, cpus.Server, tries, enough(start.ServerNS)); err != nil {
		return s, fmt.Errorf("the server's side: %w", err)
	}
	if s.LoaderNS, err = machine.Spin(ctx, cpus.Loader, tries, enough(start.LoaderNS)); err != nil {
		return s, fmt.Errorf("the loader's side: %w", err)
	}
	return s, nil
}

// quiet times spins while the loader waits and no window is open.
type quiet struct {
	bench *Bench
	spins []results.Spin
	// before has, by phase, the number of the last spin before its window.
	before map[string]int
}

// spin times a spin before a phase, "" behind the last. It times none where the
// run has nothing to compare it with.
func (q *quiet) spin(ctx context.Context, before string) error {
	if q.bench.Spin == nil {
		return nil
	}
	s, err := q.bench.timeSpin(ctx, laterTries, *q.bench.Spin)
	if err != nil {
		return err
	}
	s.Before = before
	q.spins = append(q.spins, s)
	return nil
}

// window notes that the phase's window is announced.
func (q *quiet) window(phase string) { q.before[phase] = len(q.spins) - 1 }

// beside returns the last spin before a phase's window and the first one after
// it, as far as they were timed.
func (q *quiet) beside(phase string) []results.Spin {
	before := max(0, q.before[phase])
	return q.spins[min(before, len(q.spins)):min(before+2, len(q.spins))]
}
