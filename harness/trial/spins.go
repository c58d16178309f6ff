package trial

import (
	"context"
	"fmt"
	"time"

	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/results"
)

// The tries of a spin, which end with the first that is fast enough. A disturbance
// of all tries lasts.
const (
	startTries = 10
	laterTries = 5
)

// FirstSpin times the spin with which the later ones of a run are compared.
func (b *Bench) FirstSpin(ctx context.Context) (results.Spin, error) {
	return b.timeSpin(ctx, startTries, results.Spin{})
}

// timeSpin times both sides, until a try is within the limit beyond the start's.
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

// spinTimer times spins while the loader waits and no window is open.
type spinTimer struct {
	bench *Bench
	spins []results.Spin
	// before has, by phase, the index of the last spin before its window.
	before map[string]int
}

// spin times a spin before a phase, unless the run has no first spin.
func (t *spinTimer) spin(ctx context.Context, before string) error {
	if t.bench.Spin == nil {
		return nil
	}
	s, err := t.bench.timeSpin(ctx, laterTries, *t.bench.Spin)
	if err != nil {
		return err
	}
	s.Before = before
	t.spins = append(t.spins, s)
	return nil
}

// window notes that the phase's window is announced.
func (t *spinTimer) window(phase string) { t.before[phase] = len(t.spins) - 1 }

// around returns the last spin before a phase's window and the first one after.
func (t *spinTimer) around(phase string) []results.Spin {
	before := max(0, t.before[phase])
	return t.spins[min(before, len(t.spins)):min(before+2, len(t.spins))]
}
