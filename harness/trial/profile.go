package trial

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/profile"
	"github.com/joust-bench/joust/harness/tree"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

// profiler captures the profile of a trial's server in the measured window.
type profiler struct {
	profile.Plan
	// ctx is that of the trial: a capture may end a moment behind the load.
	ctx context.Context
	// run is the run's folder.
	run       string
	capturing sync.WaitGroup
	err       error
}

// newProfiler returns the profiler of a trial for a profile, and nil for any other.
func (b *Bench) newProfiler(ctx context.Context, t plan.Trial) (*profiler, error) {
	if t.Kind != results.TrialProfile {
		return nil, nil
	}
	folder := filepath.Join(b.Profiles, t.Entry.As+"-"+t.Table.Scenario+"-"+t.Table.Protocol)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("make a folder for the profile: %w", err)
	}
	return &profiler{ctx: ctx, run: filepath.Dir(b.Profiles), Plan: profile.Plan{
		Kind: profile.Kind(b.Plan.Profile), Runtime: profile.Runtime(t.Entry.Profiler), Folder: folder,
	}}, nil
}

// window captures in the announced window.
func (p *profiler) window(on profile.Target, w loaders.Window) {
	p.capturing.Go(func() {
		if p.err = clock.SleepUntil(p.ctx, w.T0NS); p.err == nil {
			p.err = p.During(p.ctx, on, time.Duration(w.T1NS-w.T0NS))
		}
	})
}

// wait waits for the end of the capture. It does nothing for nil.
func (p *profiler) wait() {
	if p != nil {
		p.capturing.Wait()
	}
}

// finish reads the profile into the result when the server has ended. It does nothing
// for nil.
func (p *profiler) finish(result *results.Trial) error {
	if p == nil {
		return nil
	}
	if p.err != nil || p.ctx.Err() != nil {
		return errors.Join(p.err, p.ctx.Err())
	}
	captured, err := p.Finish(p.ctx)
	if relative, outside := filepath.Rel(p.run, captured.File); outside == nil {
		captured.File = relative
	}
	result.Profile = &captured
	return err
}

// target returns the server's processes.
func (a *attempt) target() profile.Target {
	if a.on.Handle == nil {
		return profile.Target{}
	}
	on := profile.Target{PIDs: []int{a.on.Handle.PID()}, Socket: a.on.ProfileSocket}
	below, err := tree.Descendants(a.on.Handle.PID())
	if err != nil {
		return on // the first process is known
	}
	for _, process := range below {
		on.PIDs = append(on.PIDs, process.PID)
	}
	return on
}
