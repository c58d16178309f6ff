//go:build !linux

package sample

import (
	"context"
	"errors"
	"time"

	"github.com/joust-bench/joust/results"
)

var errLinuxOnly = errors.New("sampling CPU and memory of processes works on Linux only")

// Usage is available on Linux only.
func (t Tree) Usage(context.Context, int64, int64, time.Duration) (results.Usage, error) {
	return results.Usage{}, errLinuxOnly
}

// Memory is available on Linux only.
func (t Tree) Memory() (uint64, error) { return 0, errLinuxOnly }

// Used is available on Linux only.
func (t Tree) Used() (Used, error) { return Used{}, errLinuxOnly }

// ResetPeak is available on Linux only.
func (t Tree) ResetPeak() error { return errLinuxOnly }

// Quota returns nil: the quota is not known here.
func Quota(int) *float64 { return nil }

// ReadSystem is available on Linux only.
func ReadSystem(context.Context, int64, int64) (System, error) { return System{}, errLinuxOnly }

// ReadKernel is available on Linux only.
func ReadKernel() (Counters, error) { return nil, errLinuxOnly }
