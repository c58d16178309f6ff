package run

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

// startSpin times what later spins are compared with, once a run.
func (r *Runner) startSpin(ctx context.Context) {
	if r.Run.Spin != nil {
		return
	}
	s, err := r.timeSpin(ctx, startTries, results.Spin{})
	switch {
	case err == nil:
		r.Run.Spin = &s
	case ctx.Err() == nil:
		r.Observer.Note("whether the machine becomes slower is not watched: %v", err)
	}
}

// spin times a spin before a phase, "" behind the last; nil where the run has
// nothing to compare it with.
func (r *Runner) spin(ctx context.Context, before string) (*results.Spin, error) {
	if r.Run.Spin == nil {
		return nil, nil
	}
	s, err := r.timeSpin(ctx, laterTries, *r.Run.Spin)
	s.Before = before
	return &s, err
}

// timeSpin times both sides, one after the other. A try is fast enough within
// the limit beyond the start's.
func (r *Runner) timeSpin(ctx context.Context, tries int, start results.Spin) (s results.Spin, err error) {
	enough := func(ns int64) time.Duration { return time.Duration(float64(ns) * (1 + r.Run.Plan.Limits().SpinSlower)) }
	if s.ServerNS, err = machine.Spin(ctx, r.Run.CPUs.Server, tries, enough(start.ServerNS)); err != nil {
		return s, fmt.Errorf("the server's side: %w", err)
	}
	if s.LoaderNS, err = machine.Spin(ctx, r.Run.CPUs.Loader, tries, enough(start.LoaderNS)); err != nil {
		return s, fmt.Errorf("the loader's side: %w", err)
	}
	return s, nil
}

// spin times a spin while the loader waits and no window is open.
func (s *steering) spin(before string) error {
	timed, err := s.runner.spin(s.ctx, before)
	if err == nil && timed != nil {
		s.spins = append(s.spins, *timed)
	}
	return err
}

// beside are the spins next to a phase's window, as far as they were timed: the
// last one before it and the first one behind it.
func (s *steering) beside(phase string) []results.Spin {
	before := max(0, s.spunBefore[phase])
	return s.spins[min(before, len(s.spins)):min(before+2, len(s.spins))]
}
