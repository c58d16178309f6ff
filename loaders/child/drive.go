// Package child is both ends of the pipe between joust and a loader process:
// lines of JSON, one loaders.Message each. loaders/PROTOCOL.md says what they
// mean.
package child

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
)

const (
	// silence is how long a loader process may say nothing before it counts as
	// hung: it beats every second.
	silence = 15 * time.Second
	// stopWithin is how long a loader process may take to report after it was
	// told to stop: the drain, and what a stalled machine may add.
	stopWithin = loaders.MaxDrain + 10*time.Second
)

// ErrLoaderEnded says that the loader process went away without a report.
var ErrLoaderEnded = errors.New("the loader process ended without a report")

// Loader drives a loader process through its pipes. It is used once.
type Loader struct {
	// Stdin and Stdout are the child's. Loader closes Stdin when it is done and
	// reads Stdout until its end, which comes when the process is gone.
	Stdin  io.WriteCloser
	Stdout io.Reader

	// silence and stopWithin replace their bounds where they are above 0.
	silence, stopWithin time.Duration
}

var _ loaders.Loader = Loader{}

// Run implements loaders.Loader over the pipes. When ctx ends it asks the
// child to stop and waits, within bounds, for the partial report. It returns
// ErrLoaderEnded when the child goes away, and a *loaders.ConnectError when
// not one connection could be made. After an error the process may still be
// there: end it.
func (l Loader) Run(ctx context.Context, spec loaders.Spec, control loaders.Control) (results.Report, error) {
	out := newLines(l.Stdin)
	incoming := make(chan loaders.Message)
	broken := make(chan error, 1)
	go func() { broken <- receive(l.Stdout, incoming) }()
	defer func() {
		_ = l.Stdin.Close()
		// What a child that does not end still says must not hold it up, nor
		// may it hold us.
		go func() {
			for range incoming {
			}
		}()
	}()
	if err := out.send(loaders.Message{Prepare: &loaders.Prepare{Spec: spec}}); err != nil {
		return results.Report{}, fmt.Errorf("%w: %w", ErrLoaderEnded, err)
	}
	return l.converse(ctx, control, out, incoming, broken)
}

// converse answers the child's messages until its report.
func (l Loader) converse(ctx context.Context, control loaders.Control, out *lines, incoming <-chan loaders.Message, broken <-chan error) (results.Report, error) {
	bound, stopBound := cmp.Or(l.silence, silence), cmp.Or(l.stopWithin, stopWithin)
	quiet := time.NewTimer(bound)
	defer quiet.Stop()
	stop, overdue := ctx.Done(), (<-chan time.Time)(nil)
	for {
		select {
		case m, ok := <-incoming:
			if !ok {
				if err := <-broken; err != nil {
					return results.Report{}, err
				}
				return results.Report{}, ErrLoaderEnded
			}
			report, done, err := act(ctx, m, out, control)
			if done || err != nil && ctx.Err() == nil {
				return report, err
			}
			// Only now: acting may have taken long.
			quiet.Reset(bound)
		case <-stop:
			stop = nil
			limit := time.NewTimer(stopBound)
			defer limit.Stop()
			overdue = limit.C
			out.tell(loaders.Message{Stop: &loaders.Stop{}})
		case <-overdue:
			return results.Report{}, fmt.Errorf("the loader process has not reported within %v of being told to stop", stopBound)
		case <-quiet.C:
			return results.Report{}, fmt.Errorf("the loader process has said nothing for %v", bound)
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
		out.tell(loaders.Message{Start: &loaders.Start{AtNS: at}})
	case m.AwaitAdjust != nil:
		a, err := control.Adjust(ctx, m.AwaitAdjust.Phase)
		if err != nil {
			return report, false, err
		}
		a.Phase = m.AwaitAdjust.Phase
		out.tell(loaders.Message{Adjust: &a})
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
