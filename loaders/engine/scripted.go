package engine

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/source/lua"
	"github.com/joust-bench/joust/loaders/source/lua/lualib"
	"github.com/joust-bench/joust/results"
)

// scripted is an engine whose requests come from a script.
type scripted struct{ core.Engine }

// Run implements loaders.Loader. The script is loaded before the first connection, and its
// function done is called behind the load.
func (e scripted) Run(ctx context.Context, spec loaders.Spec, control loaders.Control) (results.Report, error) {
	spec = spec.WithDefaults()
	if err := spec.Validate(); err != nil {
		return results.Report{}, fmt.Errorf("load specification: %w", err)
	}
	program, err := lua.Load(ctx, spec, printed(control))
	if err != nil {
		return results.Report{}, err
	}
	loading, halt := context.WithCancel(ctx)
	defer halt()
	program.OnFailure(halt)
	release := program.Guard(loading)
	e.Source, e.Own = program.Source, !program.Shares()
	report, err := e.Engine.Run(loading, program.Spec(), announced{control, program})
	release()
	if err != nil {
		return report, errors.Join(err, program.Close())
	}
	report.Interrupted = ctx.Err() != nil
	return report, program.Done(ctx, &report)
}

// printed is where a script prints.
func printed(control loaders.Control) lualib.Streams {
	if c, ok := control.(loaders.Printer); ok {
		out, err := c.Printed()
		return lualib.Streams{Out: out, Err: err}
	}
	return lualib.Streams{Out: io.Discard, Err: io.Discard}
}

// announced is a Control that shows the windows to the script's program too.
type announced struct {
	loaders.Control
	program *lua.Program
}

// Window implements loaders.Control.
func (a announced) Window(w loaders.Window) {
	a.program.Window(w)
	a.Control.Window(w)
}
