// Package child is both ends of the pipe between joust and a loader process:
// lines of JSON, one loaders.Message each. loaders/PROTOCOL.md explains them.
package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
)

const (
	// silence is the time without a message after which a loader process counts
	// as hung: it sends a heartbeat every second.
	silence = 15 * time.Second
	// stopWithin is the time for a report after a Stop: the drain, and a delay
	// that a stalled machine may add.
	stopWithin = loaders.MaxDrain + 10*time.Second
)

// ErrLoaderEnded says that the loader process ended without a report.
var ErrLoaderEnded = errors.New("the loader process ended without a report")

// Driver drives a loader process through its pipes. It is used once.
type Driver struct {
	// Stdin and Stdout are the child's. Driver closes Stdin at the end of Run and
	// reads Stdout until its end, which comes when the process has ended.
	Stdin  io.WriteCloser
	Stdout io.Reader
}

var _ loaders.Loader = Driver{}

// Run implements loaders.Loader over the pipes. When ctx ends it asks the
// child to stop and waits, within bounds, for the partial report. It returns
// ErrLoaderEnded when the child ends without one, and a *loaders.ConnectError
// when not one connection could be made. After an error the process may still
// run: end it.
func (d Driver) Run(ctx context.Context, spec loaders.Spec, control loaders.Control) (results.Report, error) {
	out := newLines(d.Stdin)
	incoming := make(chan loaders.Message)
	broken := make(chan error, 1)
	go func() { broken <- receive(d.Stdout, incoming) }()
	defer func() {
		_ = d.Stdin.Close()
		// A child that does not end must not wait for its messages to be read,
		// and must not keep us waiting.
		go func() {
			for range incoming {
			}
		}()
	}()
	if err := out.send(loaders.Message{Prepare: &spec}); err != nil {
		return results.Report{}, fmt.Errorf("%w: %w", ErrLoaderEnded, err)
	}
	return converse(ctx, control, out, incoming, broken)
}

// converse answers the child's messages until its report.
func converse(ctx context.Context, control loaders.Control, out *lines, incoming <-chan loaders.Message, broken <-chan error) (results.Report, error) {
	quiet := time.NewTimer(silence)
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
			quiet.Reset(silence) // only now, since acting may take long
		case <-stop:
			stop = nil
			overdue = time.After(stopWithin)
			out.post(loaders.Message{Stop: &loaders.Stop{}})
		case <-overdue:
			return results.Report{}, fmt.Errorf("the loader process has not reported within %v of being told to stop", stopWithin)
		case <-quiet.C:
			return results.Report{}, fmt.Errorf("the loader process has said nothing for %v", silence)
		}
	}
}

// act answers one message. done is true with the report.
func act(ctx context.Context, m loaders.Message, out *lines, control loaders.Control) (report results.Report, done bool, err error) {
	switch {
	case m.Ready != nil:
		at, err := control.Ready(ctx, *m.Ready)
		if err != nil {
			return report, false, err
		}
		out.post(loaders.Message{Start: &loaders.Start{AtNS: at}})
	case m.AwaitAdjust != nil:
		a, err := control.Adjust(ctx, m.AwaitAdjust.Phase)
		if err != nil {
			return report, false, err
		}
		a.Phase = m.AwaitAdjust.Phase
		out.post(loaders.Message{Adjust: &a})
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
