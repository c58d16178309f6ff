package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
)

// silence is how long a loader process may say nothing before it counts as
// hung: it beats every second.
const silence = 15 * time.Second

// ErrLoaderEnded says that the loader process went away without a report.
var ErrLoaderEnded = errors.New("the loader process ended without a report")

// Child drives a loader process through its pipes. It is used once.
type Child struct {
	// Stdin and Stdout are the child's. Child closes Stdin when it is done.
	Stdin  io.WriteCloser
	Stdout io.Reader
}

var _ loaders.Loader = Child{}

// Run implements loaders.Loader over the pipes. When ctx ends it asks the
// child to stop and waits, within bounds, for the partial report. It returns
// ErrLoaderEnded when the child goes away, and a *loaders.ConnectError when
// not one connection could be made.
func (c Child) Run(ctx context.Context, spec loaders.Spec, control loaders.Control) (results.Report, error) {
	out := newLines(c.Stdin)
	incoming := make(chan loaders.Message)
	broken := make(chan error, 1)
	go func() { broken <- receive(c.Stdout, incoming) }()
	defer func() {
		_ = c.Stdin.Close()
		for range incoming { // until the child has closed its end
		}
	}()
	if err := out.send(loaders.Message{Prepare: &loaders.Prepare{Spec: spec}}); err != nil {
		return results.Report{}, err
	}
	stop := ctx.Done()
	timer := time.NewTimer(silence)
	defer timer.Stop()
	for {
		select {
		case m, ok := <-incoming:
			if !ok {
				if err := <-broken; err != nil {
					return results.Report{}, err
				}
				return results.Report{}, ErrLoaderEnded
			}
			timer.Reset(silence)
			if report, done, err := act(ctx, m, out, control); done || err != nil {
				return report, err
			}
		case <-stop:
			stop = nil
			timer.Reset(loaders.MaxDrain + 2*time.Second)
			if err := out.send(loaders.Message{Stop: &loaders.Stop{}}); err != nil {
				return results.Report{}, err
			}
		case <-timer.C:
			return results.Report{}, fmt.Errorf("the loader process has said nothing for %v", silence)
		}
	}
}

// act does what one message asks for. done is true with the report.
func act(ctx context.Context, m loaders.Message, out *lines, control loaders.Control) (report results.Report, done bool, err error) {
	switch {
	case m.Ready != nil:
		at, err := control.Ready(ctx, *m.Ready)
		if err != nil {
			return report, false, err
		}
		return report, false, out.send(loaders.Message{Start: &loaders.Start{AtNS: at}})
	case m.AwaitAdjust != nil:
		a, err := control.Adjust(ctx, m.AwaitAdjust.Phase)
		if err != nil {
			return report, false, err
		}
		a.Phase = m.AwaitAdjust.Phase
		return report, false, out.send(loaders.Message{Adjust: &a})
	case m.Window != nil:
		control.Window(*m.Window)
	case m.Interval != nil:
		control.Interval(*m.Interval)
	case m.PhaseDone != nil:
		control.PhaseDone(*m.PhaseDone)
	case m.Report != nil:
		return *m.Report, true, nil
	case m.Failed != nil:
		if m.Failed.Cause != "" {
			return report, true, &loaders.ConnectError{Cause: m.Failed.Cause, Err: errors.New(m.Failed.Error)}
		}
		return report, true, errors.New(m.Failed.Error)
	}
	return report, false, nil
}
