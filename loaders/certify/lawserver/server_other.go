//go:build !linux

package lawserver

import "errors"

// errNotLinux says where the server runs.
var errNotLinux = errors.New("the law server runs on Linux only: its clock and its waits are epoll's")

// Server is available on Linux only.
type Server struct{}

// Start is available on Linux only.
func Start(string) (*Server, error) { return nil, errNotLinux }

// Address is empty.
func (s *Server) Address() string { return "" }

// SetLaw is available on Linux only.
func (s *Server) SetLaw(Law) error { return errNotLinux }

// Counts is available on Linux only.
func (s *Server) Counts() (Counts, error) { return Counts{}, errNotLinux }

// Stamps is available on Linux only.
func (s *Server) Stamps() (Stamps, error) { return Stamps{}, errNotLinux }

// Close is available on Linux only.
func (s *Server) Close() error { return errNotLinux }
