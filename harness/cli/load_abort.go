package cli

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/joust-bench/joust/harness/watch"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
)

// watchedSegment is the length of the segments whose latency rules are about, where
// nothing else asks for segments.
const watchedSegment = time.Second

// aborting is a control that ends a load early by the user's rules.
type aborting struct {
	*loadControl
	watch *watch.Watch
}

var _ loaders.Control = (*aborting)(nil)

// watching returns the control with the load's rules; the control itself for none.
func (l *aim) watching(control *loadControl) loaders.Control {
	if len(l.aborts) == 0 {
		return control
	}
	return &aborting{control, watch.New(l.aborts)}
}

// Window implements loaders.Control.
func (c *aborting) Window(w loaders.Window) {
	c.watch.Window(w)
	c.loadControl.Window(w)
}

// Interval implements loaders.Control.
func (c *aborting) Interval(i loaders.Interval) {
	c.loadControl.Interval(i)
	if abort := c.watch.Interval(i); abort != nil {
		c.cancel(&aborted{*abort})
	}
}

// aborted is the cause of a load's end by a rule.
type aborted struct{ results.Abort }

func (e *aborted) Error() string { return "ended early by the rule " + e.Rule }

// abortOf returns the rule that ended the load of the context, or nil.
func abortOf(ctx context.Context) *results.Abort {
	if cause := (*aborted)(nil); errors.As(context.Cause(ctx), &cause) {
		return &cause.Abort
	}
	return nil
}

// abortBy sets the rules that end the load early, and asks for the segments that they
// need.
func (l *aim) abortBy(rules []metric.Sustained) {
	l.aborts = rules
	if watch.NeedsSegments(rules) {
		l.spec.Segment = cmp.Or(l.spec.Segment, watchedSegment)
	}
}
