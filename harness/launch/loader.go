package launch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/child"
	"github.com/joust-bench/joust/results"
)

// lastWords bounds the wait for the end of a loader process that hung up.
const lastWords = time.Second

// LoaderProcess is a loader process of joust's own. It makes one load.
type LoaderProcess struct{ host.Handle }

var _ loaders.Loader = (*LoaderProcess)(nil)

// StartLoader starts a loader process on the loader's CPUs.
func (l Launcher) StartLoader(ctx context.Context) (*LoaderProcess, error) {
	list, err := l.StartLoaders(ctx, 1)
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// StartLoaders starts n loader processes, all on the loader's CPUs. When one
// cannot be started, StartLoaders ends the others.
func (l Launcher) StartLoaders(ctx context.Context, n int) ([]*LoaderProcess, error) {
	var list []*LoaderProcess
	for i := range n {
		name := "loader"
		if i > 0 {
			name = fmt.Sprintf("loader-%d", i+1)
		}
		h, err := l.piped(ctx, name, l.LoaderArgv, l.CPUs.Loader)
		if err != nil {
			for _, earlier := range list {
				err = errors.Join(err, earlier.Stop(context.WithoutCancel(ctx)))
			}
			return nil, err
		}
		list = append(list, &LoaderProcess{h})
	}
	return list, nil
}

// Run implements loaders.Loader. The process outlives Run: a late sampler can
// still read it. Stop ends it.
func (l *LoaderProcess) Run(ctx context.Context, spec loaders.Spec, control loaders.Control) (results.Report, error) {
	report, err := child.Driver{Stdin: keptOpen{l.Stdin()}, Stdout: l.Stdout()}.Run(ctx, spec, control)
	if !errors.Is(err, child.ErrLoaderEnded) {
		return report, err
	}
	select {
	case <-l.Exited():
		return report, fmt.Errorf("%w (%s): %s", err, DescribeExit(l.Exit()), l.LogTail(logTail))
	case <-time.After(lastWords):
		return report, err
	}
}

// Stop closes the process's input, upon which it ends by itself, and ends it
// otherwise.
func (l *LoaderProcess) Stop(ctx context.Context) error {
	_ = l.Stdin().Close() // Stop closes it again, and returns the error
	return l.Handle.Stop(ctx)
}

// keptOpen is a loader's input that outlives the report.
type keptOpen struct{ io.Writer }

// Close implements io.Closer.
func (keptOpen) Close() error { return nil }
