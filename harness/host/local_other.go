//go:build !linux

package host

import (
	"context"

	"github.com/joust-bench/joust/harness/sample"
)

// Local starts programs on this machine; on this system it cannot.
type Local struct{}

var _ Host = (*Local)(nil)

// NewLocal returns ErrNotLinux.
func NewLocal(LocalOptions) (*Local, error) { return nil, ErrNotLinux }

// Start returns ErrNotLinux.
func (*Local) Start(context.Context, Program) (Handle, error) { return nil, ErrNotLinux }

// TempDir returns ErrNotLinux.
func TempDir() (dir string, remove func() error, err error) { return "", nil, ErrNotLinux }

// Sweep finds nothing: no joust has started a program on this system.
func Sweep(context.Context) ([]string, error) { return nil, nil }

// Attach returns ErrNotLinux.
func Attach(sample.Tree) (Handle, error) { return nil, ErrNotLinux }
