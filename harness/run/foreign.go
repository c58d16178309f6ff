package run

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
)

// foreignOutput bounds what is kept of a tool's output, in bytes: the largest
// spectrum of wrk2 is 10 KB.
const foreignOutput = 1 << 20

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

// hosted starts a tool as joust's own loader is started: pinned to the loader's
// CPUs, kept, and sampled.
type hosted struct {
	*steering
	dir string
}

var _ external.Starter = hosted{}

// Run implements external.Starter.
func (h hosted) Run(ctx context.Context, phase string, args []string, started func()) (out external.Output, err error) {
	if n := len(h.spins); n == 0 || h.spins[n-1].Before != phase {
		if err := h.spin(phase); err != nil {
			return out, err
		}
	}
	tool, err := h.startTool(ctx, args)
	if err != nil {
		return out, fmt.Errorf("starting %s: %w", h.runner.Foreign.Tool.Name, err)
	}
	defer func() {
		if stop := tool.Stop(context.WithoutCancel(ctx)); err == nil {
			err = stop
		}
	}()
	h.loader = tool
	said := make(chan string, 1)
	if tool.Stdout() != nil {
		_ = tool.Stdin().Close() // the tools read nothing
		go func() {
			text, _ := io.ReadAll(io.LimitReader(tool.Stdout(), foreignOutput))
			said <- string(text)
		}()
	}
	started()
	select {
	case <-tool.Exited():
	case <-ctx.Done():
		return out, context.Cause(ctx)
	}
	// The samplers read the tree once more at the window's end.
	h.sampling.Wait()
	if e := tool.Exit(); e.Code != 0 {
		out.Exit = DescribeExit(e)
	}
	if tool.Stdout() == nil {
		out.Stdout = tool.LogTail(foreignOutput)
		return out, nil
	}
	out.Stdout, out.Stderr = <-said, tool.LogTail(logTail)
	return out, nil
}

// startTool starts the program, or its image with the folder of its files.
func (h hosted) startTool(ctx context.Context, args []string) (host.Handle, error) {
	f, r := h.runner.Foreign, h.runner
	p := host.Program{
		Name: f.Tool.Name, CPUs: r.pinned(r.Run.CPUs.Loader), Log: filepath.Join(r.logs(), "loader.log"), LogCap: logCap, StopTimeout: time.Second,
	}
	if f.Image == "" {
		p.Argv, p.Pipes = append([]string{f.Path}, args...), true
		return r.Host.Start(ctx, p)
	}
	p.Argv, p.LogCap = args, foreignOutput
	p.Container = &host.Container{Image: f.Image, Mounts: []host.Mount{{Source: h.dir, Target: h.dir}}}
	return r.Containers.Start(ctx, p)
}
