//go:build !linux

package container

import (
	"context"
	"io"

	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/sample"
)

// Starter starts programs in containers; on this system it cannot.
type Starter struct{}

var _ host.Host = (*Starter)(nil)

// NewStarter returns host.ErrNotLinux.
func NewStarter(*Engine, []string) (*Starter, error) { return nil, host.ErrNotLinux }

// Start returns host.ErrNotLinux.
func (*Starter) Start(context.Context, host.Program) (host.Handle, error) {
	return nil, host.ErrNotLinux
}

// Close does nothing.
func (*Starter) Close() error { return nil }

// Guard returns host.ErrNotLinux.
func Guard(io.Reader) error { return host.ErrNotLinux }

// Sweep finds nothing: no joust has started anything on this system.
func (e *Engine) Sweep(context.Context) ([]string, error) { return nil, nil }

// Tree returns host.ErrNotLinux.
func (e *Engine) Tree(context.Context, string) (sample.Tree, error) {
	return sample.Tree{}, host.ErrNotLinux
}
