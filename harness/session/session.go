// Package session opens what every measuring command needs: it looks at the
// machine and the servers, builds what will be started, waits until this joust
// is the only one that measures, sweeps what dead jousts left, and moves joust
// to the loader's CPUs. It prints nothing itself: Opener.Say shows its notes.
package session

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/host/container"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/results"
)

// Opener opens the session of one command. It is used by one goroutine.
type Opener struct {
	// ServersDirs are folders of more servers than the checkout's own.
	ServersDirs []string
	Attached    Attached
	// Version is joust's release.
	Version string
	// Engine connects to the container engine. It is called only when an engine
	// is needed, and gives the same answer each time.
	Engine func() (*container.Engine, error)
	// Say shows the user one line.
	Say func(format string, args ...any)
	// OnStop sets the text that the first signal shows, until undo is called.
	OnStop func(text string) (undo func())

	builder *catalog.Builder
}

// ErrStopped is the error of a Lock whose wait the user ended. The user has seen
// OnStop's text already, so nothing more needs to be shown.
var ErrStopped = errors.New("stopped while another joust measures")

// UsageError is a mistake in how joust was called.
type UsageError struct{ Err error }

// Error is the mistake in words.
func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap is the mistake.
func (e *UsageError) Unwrap() error { return e.Err }

// Usage marks an error as a mistake in how joust was called; nil stays nil.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return &UsageError{err}
}

// Session is a machine on which this joust may measure.
type Session struct {
	// Launcher starts servers and loaders.
	Launcher launch.Launcher

	opener *Opener
	// closing undoes what opening did, the last first.
	closing []func() error
}

// Open waits until this joust is the only one that measures, and makes the
// machine ready with the CPUs of both sides. Close ends the session.
func (o *Opener) Open(ctx context.Context, cpus results.CPUSplit) (*Session, error) {
	unlock, err := o.Lock(ctx)
	if err != nil {
		return nil, err
	}
	s, err := o.OpenShared(ctx, cpus)
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	s.closing = append([]func() error{unlock}, s.closing...)
	return s, nil
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
	logs, remove, err := host.TempDir()
	if err != nil {
		return nil, err
	}
	return &Session{
		opener: o, closing: []func() error{remove},
		Launcher: launch.Launcher{Host: local, CPUs: cpus, LoaderArgv: argv, Logs: logs},
	}, nil
}

// Close ends the session: containers, the folder of logs, the lock.
func (s *Session) Close() error {
	var errs []error
	for i := len(s.closing) - 1; i >= 0; i-- {
		errs = append(errs, s.closing[i]())
	}
	s.closing = nil
	return errors.Join(errs...)
}

// Contain makes sure that containers can be started where one of the images,
// which are ids of the engine, is not empty.
func (s *Session) Contain(images ...string) error {
	for _, image := range images {
		if image == "" || s.Launcher.Containers != nil {
			continue
		}
		engine, err := s.opener.Engine()
		if err != nil {
			return err
		}
		own, err := container.NewStarter(engine, nil)
		if err != nil {
			return err
		}
		s.Launcher.Containers = own
		s.closing = append(s.closing, own.Close)
	}
	return nil
}

// Fixture makes the server ready to be started in the session: its program or
// image is built.
func (s *Session) Fixture(ctx context.Context, server Isolated) (launch.Fixture, error) {
	f, err := s.opener.Fixture(ctx, server)
	if err != nil {
		return f, err
	}
	return f, s.Contain(f.Image)
}

// Lock waits until this joust is the only one that measures. What ends the wait
// ends nothing else: no request is in flight, and there is no result to write.
func (o *Opener) Lock(ctx context.Context) (unlock func() error, err error) {
	defer o.OnStop("joust: stopping: it was waiting, and nothing was measured")()
	unlock, err = machine.Lock(ctx, func(holder string) {
		o.Say("joust: waiting: another joust measures on this machine (%s)", holder)
	})
	if err != nil && ctx.Err() != nil {
		return nil, ErrStopped
	}
	return unlock, err
}

// localHost ends what dead jousts left, moves joust itself to the loader's
// side, and returns the host of this machine.
func (o *Opener) localHost(ctx context.Context, split results.CPUSplit) (*host.Local, error) {
	swept, err := host.Sweep(ctx)
	for _, path := range swept {
		o.Say("joust: removed what a dead joust left: %s", path)
	}
	names, sweepErr := o.sweepContainers(ctx)
	for _, name := range names {
		o.Say("joust: removed a container that a dead joust left: %s", name)
	}
	if err := errors.Join(err, sweepErr); err != nil {
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

// sweepContainers removes what dead jousts left. A machine whose engine does
// not answer has no say in runs without containers.
func (o *Opener) sweepContainers(ctx context.Context) ([]string, error) {
	engine, err := o.Engine()
	if err != nil {
		return nil, nil
	}
	return engine.Sweep(ctx)
}

// Self is the command of this program with one argument.
func Self(arg string) ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, errors.Join(errors.New("finding joust's own program file"), err)
	}
	return []string{self, arg}, nil
}
