package trial

import (
	"context"

	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/external"
)

// startForeign makes a folder for the files of the tool, which is started anew
// for each phase.
func (l *load) startForeign() (loader loaders.Loader, end func(), err error) {
	dir, remove, err := host.TempDir()
	if err != nil {
		return nil, nil, err
	}
	// What is left of the folder goes with the next sweep.
	return external.Driver{Found: *l.Foreign, Starter: hosted{l, dir}, Dir: dir}, func() { _ = remove() }, nil
}

// hosted runs a tool as joust's own loader is run, and has it sampled.
type hosted struct {
	*load
	dir string
}

var _ external.Starter = hosted{}

// Run implements external.Starter.
func (h hosted) Run(ctx context.Context, phase string, args []string, started func()) (external.Output, error) {
	if n := len(h.quiet.spins); n == 0 || h.quiet.spins[n-1].Before != phase {
		if err := h.quiet.spin(h.ctx, phase); err != nil {
			return external.Output{}, err
		}
	}
	return launch.Tool{
		Launcher: h.Launcher, Found: *h.Foreign, Dir: h.dir,
		Running: func(tool host.Handle) {
			h.processes = []host.Handle{tool}
			started()
		},
		// The samplers read the tree once more at the window's end.
		Ended: h.sampler.Wait,
	}.Run(ctx, args)
}
