//go:build !linux

package lawserver

import "errors"

// errNotLinux says where the server runs.
var errNotLinux = errors.New("the law server runs on Linux only: its clock and its waits are epoll's")

// Local is available on Linux only.
type Local struct{}

// Start is available on Linux only.
func Start(string) (*Local, error) { return nil, errNotLinux }

// Address is empty.
func (s *Local) Address() string { return "" }

// SetLaw is available on Linux only.
func (s *Local) SetLaw(Law) error { return errNotLinux }

// Counts is available on Linux only.
func (s *Local) Counts() (Counts, error) { return Counts{}, errNotLinux }

// Stamps is available on Linux only.
func (s *Local) Stamps() (Stamps, error) { return Stamps{}, errNotLinux }

// Close is available on Linux only.
func (s *Local) Close() error { return errNotLinux }
