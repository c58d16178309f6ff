package trial

import (
	"context"

	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/external"
)

// startForeign makes a folder for the files of the tool.
func (l *load) startForeign() (loader loaders.Loader, end func(), err error) {
	dir, remove, err := host.TempDir()
	if err != nil {
		return nil, nil, err
	}
	// The next sweep removes a folder that remains.
	return external.Driver{Found: *l.Foreign, Starter: toolStarter{l, dir}, Dir: dir}, func() { _ = remove() }, nil
}

// toolStarter runs a foreign tool like joust's own loader, and has it sampled.
type toolStarter struct {
	*load
	dir string
}

var _ external.Starter = toolStarter{}

// Run implements external.Starter.
func (h toolStarter) Run(ctx context.Context, phase string, args []string, started func()) (external.Output, error) {
	if n := len(h.spins.spins); n == 0 || h.spins.spins[n-1].Before != phase {
		if err := h.spins.spin(h.ctx, phase); err != nil {
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
