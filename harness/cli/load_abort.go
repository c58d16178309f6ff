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

// abortBy returns the control with the user's rules; the control itself for none.
func abortBy(rules []metric.Sustained, control *loadControl) loaders.Control {
	if len(rules) == 0 {
		return control
	}
	return &aborting{control, watch.New(rules)}
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

// watched returns the spec with the segments that the rules need.
func watched(spec loaders.Spec, rules []metric.Sustained) loaders.Spec {
	if watch.NeedsSegments(rules) {
		spec.Segment = cmp.Or(spec.Segment, watchedSegment)
	}
	return spec
}
