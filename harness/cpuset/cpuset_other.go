//go:build !linux

package cpuset

import "errors"

var errLinuxOnly = errors.New("reading the processors and pinning to them works on Linux only")

// Read is available on Linux only.
func Read() (Topology, error) { return Topology{}, errLinuxOnly }

// Pin is available on Linux only.
func Pin([]int) error { return errLinuxOnly }

// OfProcess is available on Linux only.
func OfProcess(int) ([]int, error) { return nil, errLinuxOnly }

// SetProcess is available on Linux only.
func SetProcess(int, []int) error { return errLinuxOnly }
