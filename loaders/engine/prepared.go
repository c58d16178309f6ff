package engine

import (
	"context"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/source/flow"
	"github.com/joust-bench/joust/results"
)

// prepared is an engine that walks the setup of flows before the load.
type prepared struct{ core.Engine }

var _ loaders.Loader = prepared{}

// Run implements loaders.Loader. The control sees the load alone.
func (e prepared) Run(ctx context.Context, spec loaders.Spec, control loaders.Control) (results.Report, error) {
	setup := flow.NewSetup(spec)
	walks := e.Engine
	walks.Source = setup.Source
	report, err := walks.Run(ctx, setup.Spec, alone{})
	if err != nil {
		return report, err
	}
	if spec.Flows, err = setup.Share(spec.Flows, &report); err != nil {
		return report, err
	}
	return e.Engine.Run(ctx, spec, control)
}

// alone lets a load run that nobody looks at.
type alone struct{}

// Ready implements loaders.Control.
func (alone) Ready(context.Context, loaders.Ready) (int64, error) { return 0, nil }

// Window implements loaders.Control.
func (alone) Window(loaders.Window) {}

// Interval implements loaders.Control.
func (alone) Interval(loaders.Interval) {}

// PhaseDone implements loaders.Control.
func (alone) PhaseDone(loaders.PhaseDone) {}

// Adjust implements loaders.Control.
func (alone) Adjust(context.Context, string) (loaders.Adjustment, error) {
	return loaders.Adjustment{}, nil
}
