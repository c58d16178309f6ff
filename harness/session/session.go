// Package session makes a machine ready to measure on: it looks at the machine
// and the servers, builds the programs, waits until this joust is the only one
// that measures, sweeps the remains of dead jousts, and moves joust to the loader's
// CPUs. It prints nothing itself: Opener.Say shows its notes.
package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/host/container"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/files"
	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/dataset"
)

// Opener opens the session of one command. It is used by one goroutine.
type Opener struct {
	// ServersDirs are folders of more servers than the checkout's own.
	ServersDirs []string
	Attached    Attached
	// ScenarioFiles are files of the user's own rows. Rows, where it is not nil, is the
	// scenario table with the user's own rows, and ScenarioFiles are not read.
	ScenarioFiles []string
	Rows          scenarios.Rows
	// Version is joust's release.
	Version string
	// Engine connects to the container engine. It is called only when an engine
	// is needed, and gives the same answer each time.
	Engine func() (*container.Engine, error)
	// Field returns the folder of joust's own servers outside of a checkout. It is
	// called only when they are needed, and gives the same answer each time.
	Field func() (dir string, err error)
	// Say shows the user one line.
	Say func(format string, args ...any)
	// OnStop sets the text that the first signal shows, until undo is called.
	OnStop func(text string) (undo func())

	builder *catalog.Builder
	// closing holds the steps that undo what was opened, in reverse order.
	closing []func() error
}

// ErrStopped is the error of a Lock whose wait the user ended. OnStop's text has
// been shown, and there is nothing to add.
var ErrStopped = errors.New("stopped while another joust measures")

// UsageError is a mistake in how joust was called.
type UsageError struct{ error }

// Unwrap returns the mistake.
func (e *UsageError) Unwrap() error { return e.error }

// Usage marks an error as a mistake in how joust was called; nil stays nil.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return &UsageError{err}
}

// Session is a machine on which this joust may measure, until Opener.Close.
type Session struct {
	// Launcher starts servers and loaders.
	Launcher launch.Launcher

	opener *Opener
}

// Open waits until this joust is the only one that measures, and makes the
// machine ready with the CPUs of both sides.
func (o *Opener) Open(ctx context.Context, cpus results.CPUSplit) (*Session, error) {
	unlock, err := o.Lock(ctx)
	if err != nil {
		return nil, err
	}
	o.closing = append(o.closing, unlock)
	return o.OpenShared(ctx, cpus)
}

// OpenShared is Open for commands that do not need the machine to themselves: it
// takes no lock, so other jousts may measure at the same time. Servers and loaders
// write their output to files in a temporary folder.
func (o *Opener) OpenShared(ctx context.Context, cpus results.CPUSplit) (*Session, error) {
	argv, err := Self("loader")
	if err != nil {
		return nil, err
	}
	local, err := o.localHost(ctx, cpus)
	if err != nil {
		return nil, err
	}
	data, err := dataSet()
	if err != nil {
		return nil, err
	}
	logs, remove, err := host.TempDir()
	if err != nil {
		return nil, err
	}
	o.closing = append(o.closing, remove)
	return &Session{opener: o, Launcher: launch.Launcher{Host: local, CPUs: cpus, LoaderArgv: argv, Logs: logs, Data: data}}, nil
}

// dataSet returns the folder of the data set in joust's cache.
func dataSet() (string, error) {
	cache, err := catalog.Cache()
	if err != nil {
		return "", err
	}
	return dataset.Ensure(filepath.Join(cache, "data"))
}

// Close ends what was opened: containers, the folder of logs, the lock.
func (o *Opener) Close() error {
	var errs []error
	for _, undo := range slices.Backward(o.closing) {
		errs = append(errs, undo())
	}
	o.closing = nil
	return errors.Join(errs...)
}

// Contain makes sure that containers can be started, unless all images, which are
// ids of the engine, are empty.
func (s *Session) Contain(images ...string) error {
	if strings.Join(images, "") == "" || s.Launcher.Containers != nil {
		return nil
	}
	engine, err := s.opener.Engine()
	if err != nil {
		return err
	}
	containers, err := container.NewStarter(engine, nil)
	if err != nil {
		return err
	}
	s.Launcher.Containers = containers
	s.opener.closing = append(s.opener.closing, containers.Close)
	return nil
}

// Fixture makes the server ready to be started in the session.
func (s *Session) Fixture(ctx context.Context, server Isolated) (launch.Fixture, error) {
	f, _, err := s.opener.Fixture(ctx, server)
	if err != nil {
		return f, err
	}
	return f, s.Contain(f.Image)
}

// Lock waits until this joust is the only one that measures. It returns ErrStopped
// where the user ends the wait.
func (o *Opener) Lock(ctx context.Context) (unlock func() error, err error) {
	defer o.OnStop(waitStopped)()
	unlock, err = machine.Lock(ctx, func(holder *files.HeldError) {
		o.Say("joust: waiting: another joust measures on this machine (%s)%s", holder.Owner, wayOut(holder))
	})
	return unlock, stopped(ctx, err)
}

// Share waits until no comparison measures, or does not wait with anyway. It returns
// ErrStopped where the user ends the wait.
func (o *Opener) Share(ctx context.Context, anyway bool) (*machine.Share, error) {
	defer o.OnStop(waitStopped)()
	share, err := machine.TakeShare(ctx, anyway, func(holder *files.HeldError) {
		o.Say("joust: waiting: a comparison has this machine (%s): --anyway does not wait%s", holder.Owner, wayOut(holder))
	})
	return share, stopped(ctx, err)
}

// waitStopped is the text of a signal that ends a wait for another joust.
const waitStopped = "joust: stopping: it was waiting, and nothing was measured"

// wayOut says how to end the joust for which this one waits, where its process is
// known.
func wayOut(holder *files.HeldError) string {
	if holder.PID == 0 {
		return ""
	}
	return fmt.Sprintf("; kill -INT %d ends it", holder.PID)
}

// stopped returns ErrStopped for the error of a wait that the user ended.
func stopped(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ErrStopped
	}
	return err
}

// localHost removes the remains of dead jousts, moves joust itself to the loader's
// CPUs, and returns the host of this machine.
func (o *Opener) localHost(ctx context.Context, split results.CPUSplit) (*host.Local, error) {
	swept, err := host.Sweep(ctx)
	for _, path := range swept {
		o.Say("joust: removed what a dead joust left: %s", path)
	}
	if engine, noEngine := o.Engine(); noEngine == nil {
		names, sweepErr := engine.Sweep(ctx)
		for _, name := range names {
			o.Say("joust: removed a container that a dead joust left: %s", name)
		}
		err = errors.Join(err, sweepErr)
	}
	if err != nil {
		o.Say("joust: %v", err)
	}
	options := host.LocalOptions{}
	if split.Separate() {
		options.KeeperCPUs = split.Loader
		if err := cpuset.SetProcess(os.Getpid(), split.Loader); err != nil {
			return nil, fmt.Errorf("moving joust to the loader's CPUs: %w", err)
		}
	}
	return host.NewLocal(options)
}

// Self returns the command of this program with one argument.
func Self(arg string) ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding joust's own program file: %w", err)
	}
	return []string{self, arg}, nil
}
