//go:build !linux

package tree

import "errors"

// Lookup finds no process: /proc is known on Linux only.
func Lookup(int) (Process, error) { return Process{}, errors.ErrUnsupported }

// Descendants returns nothing: /proc is known on Linux only.
func Descendants(int) ([]Process, error) { return nil, errors.ErrUnsupported }
