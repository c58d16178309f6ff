package loaders

import (
	"fmt"
	"net/netip"

	"github.com/joust-bench/joust/results"
)

// ConnectError says that not one connection could be made.
type ConnectError struct {
	Cause results.Cause
	Err   error
}

// Error describes the first failure.
func (e *ConnectError) Error() string { return fmt.Sprintf("%s: %v", e.Cause, e.Err) }

// Unwrap returns the first failure.
func (e *ConnectError) Unwrap() error { return e.Err }

// ParseAddress reads a numeric host:port.
func ParseAddress(address string) (netip.AddrPort, error) {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return ap, fmt.Errorf("target address %q: %w: a numeric host and a port are needed, such as 127.0.0.1:8080", address, err)
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()), nil
}
