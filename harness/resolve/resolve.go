// Package resolve finds the addresses of a server from the name of its host, in the
// same way for every command.
package resolve

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/joust-bench/joust/loaders/backend"
)

// Found holds the numeric addresses of a host.
type Found struct {
	// Addresses are those that take connections: one on the loopback, else all of
	// them. Where none does, it is the first one of the name: connecting to it gives
	// the reason.
	Addresses []string
	// All is the number of the name's addresses, Closed the number of those that take
	// no connections.
	All, Closed int
}

// Taking resolves the name and tries to connect to the port on each of its
// addresses, each for at most that time. A lone address is not tried.
func Taking(ctx context.Context, name, port string, each time.Duration) (Found, error) {
	all, err := Lookup(ctx, name)
	if err != nil {
		return Found{}, err
	}
	return taking(ctx, all, port, each), nil
}

// taking tries the addresses of one name.
func taking(ctx context.Context, all []string, port string, each time.Duration) Found {
	found := Found{All: len(all)}
	if len(all) == 1 {
		found.Addresses = all
		return found
	}
	for _, address := range all {
		d := net.Dialer{Timeout: each}
		conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(address, port))
		if err != nil {
			found.Closed++
			continue
		}
		_ = conn.Close()
		if netip.MustParseAddr(address).IsLoopback() {
			return Found{All: len(all), Addresses: []string{address}} // all of them are this machine's
		}
		found.Addresses = append(found.Addresses, address)
	}
	if len(found.Addresses) == 0 {
		found.Addresses = all[:1]
	}
	return found
}

// Lookup returns the addresses of a name, without repetition. For a numeric address
// it is that address alone, with its zone.
func Lookup(ctx context.Context, name string) ([]string, error) {
	ips, err := backend.Lookup(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("host %q cannot be resolved: %w: correct the name, or give a numeric address", name, err)
	}
	list := make([]string, len(ips))
	for i, ip := range ips {
		list[i] = ip.String()
	}
	return list, nil
}
