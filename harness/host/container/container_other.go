//go:build !linux

package container

import (
	"context"
	"io"

	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/sample"
)

// Host starts programs in containers; on this system it cannot.
type Host struct{}

var _ host.Host = (*Host)(nil)

// NewHost returns host.ErrNotLinux.
func NewHost(*Engine, []string) (*Host, error) { return nil, host.ErrNotLinux }

// Start returns host.ErrNotLinux.
func (*Host) Start(context.Context, host.Program) (host.Handle, error) {
	return nil, host.ErrNotLinux
}

// FreePort returns a TCP port on the address that was free just now.
func (*Host) FreePort(address string) (int, error) { return host.FreePort(address) }

// Close does nothing.
func (*Host) Close() error { return nil }

// Guard returns host.ErrNotLinux.
func Guard(io.Reader) error { return host.ErrNotLinux }

// Sweep finds nothing: no joust has started anything on this system.
func (e *Engine) Sweep(context.Context) ([]string, error) { return nil, nil }

// Tree returns host.ErrNotLinux.
func (e *Engine) Tree(context.Context, string) (sample.Tree, error) {
	return sample.Tree{}, host.ErrNotLinux
}
