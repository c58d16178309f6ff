package launch

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/loaders/external"
)

// toolOutput bounds the output that is read of a tool, in bytes: the largest
// spectrum of wrk2 is 10 KB.
const toolOutput = 1 << 20

// Tool runs a foreign loader like joust's own: pinned to the loader's CPUs and
// under a keeper.
type Tool struct {
	Launcher Launcher
	Found    external.Found
	// Dir is the folder of the tool's files.
	Dir string
	// Running is called with the tool's handle as soon as it runs. Ended is called
	// when it has ended, while its counters can still be read.
	Running func(host.Handle)
	Ended   func()
}

// Run runs the tool with the arguments once. When ctx ends first, it ends the
// tool and returns ctx's cause.
func (t Tool) Run(ctx context.Context, args []string) (out external.Output, err error) {
	h, err := t.start(ctx, args)
	if err != nil {
		return out, fmt.Errorf("starting %s: %w", t.Found.Tool.Name, err)
	}
	defer func() {
		if stop := h.Stop(context.WithoutCancel(ctx)); err == nil {
			err = stop
		}
	}()
	said := make(chan string, 1)
	if h.Stdout() != nil {
		_ = h.Stdin().Close() // the tools read nothing
		go func() {
			text, _ := io.ReadAll(io.LimitReader(h.Stdout(), toolOutput))
			said <- string(text)
		}()
	}
	t.Running(h)
	select {
	case <-h.Exited():
	case <-ctx.Done():
		return out, context.Cause(ctx)
	}
	t.Ended()
	if e := h.Exit(); e.Code != 0 {
		out.Exit = DescribeExit(e)
	}
	if h.Stdout() == nil {
		out.Stdout = h.LogTail(toolOutput)
		return out, nil
	}
	out.Stdout, out.Stderr = <-said, h.LogTail(logTail)
	return out, nil
}

// start starts the program, or its image with the folder of its files.
func (t Tool) start(ctx context.Context, args []string) (host.Handle, error) {
	l := t.Launcher
	p := host.Program{
		Name: t.Found.Tool.Name, CPUs: l.pinned(l.CPUs.Loader), Log: filepath.Join(l.Logs, "loader.log"), LogCap: logCap, StopTimeout: stopTimeout,
	}
	if t.Found.Image == "" {
		p.Argv, p.Pipes = append([]string{t.Found.Path}, args...), true
		return l.Host.Start(ctx, p)
	}
	p.Argv, p.LogCap = args, toolOutput
	p.Container = &host.Container{Image: t.Found.Image, Mounts: []catalog.Mount{{Source: t.Dir, Target: t.Dir}}}
	return l.Containers.Start(ctx, p)
}
