// Package resolve finds the addresses of a server from the name of its host, in the
// same way for every command.
package resolve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"
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
	if ip, err := netip.ParseAddr(name); err == nil {
		return []string{ip.Unmap().String()}, nil // a lookup would drop its zone
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	if err != nil {
		reason := err.Error()
		if dns := (*net.DNSError)(nil); errors.As(err, &dns) {
			reason = dns.Err
		}
		return nil, fmt.Errorf("host %q cannot be resolved: %s: correct the name, or give a numeric address", name, reason)
	}
	var list []string
	for _, ip := range ips {
		if text := ip.Unmap().String(); !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list, nil
}
