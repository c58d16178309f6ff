package run

import (
	"context"

	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
)

// foreignLoading makes a folder for the files of the tool, which is started anew
// for each phase.
func (s *steering) foreignLoading() (load func(context.Context) (results.Report, error), end func(), err error) {
	dir, remove, err := host.TempDir()
	if err != nil {
		return nil, nil, err
	}
	load = func(ctx context.Context) (results.Report, error) {
		return external.Loader{Found: *s.runner.Foreign, Starter: hosted{s, dir}, Dir: dir}.Run(ctx, s.spec, s)
	}
	// What is left of the folder goes with the next sweep.
	return load, func() { _ = remove() }, nil
}

// hosted runs a tool as joust's own loader is run, and has it sampled.
type hosted struct {
	*steering
	dir string
}

var _ external.Starter = hosted{}

// Run implements external.Starter.
func (h hosted) Run(ctx context.Context, phase string, args []string, started func()) (external.Output, error) {
	if n := len(h.spins); n == 0 || h.spins[n-1].Before != phase {
		if err := h.spin(phase); err != nil {
			return external.Output{}, err
		}
	}
	return launch.Tool{
		Launcher: h.runner.launcher(), Found: *h.runner.Foreign, Dir: h.dir,
		Running: func(tool host.Handle) {
			h.loader = tool
			started()
		},
		// The samplers read the tree once more at the window's end.
		Ended: h.sampling.Wait,
	}.Run(ctx, args)
}
