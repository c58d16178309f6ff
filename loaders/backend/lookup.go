package backend

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"

	"github.com/joust-bench/joust/loaders"
)

// Lookup returns the addresses of a host's name by the system's resolver, without
// repetition. For a numeric address it is that address alone, with its zone. The error
// is the resolver's reason, without the name.
func Lookup(ctx context.Context, name string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(name); err == nil {
		return []netip.Addr{ip.Unmap()}, nil // a lookup would drop its zone
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return nil, errors.New(dns.Err)
	}
	var list []netip.Addr
	for _, ip := range ips {
		if ip = ip.Unmap(); !slices.Contains(list, ip) {
			list = append(list, ip)
		}
	}
	return list, err
}

// AddressOf returns one of the addresses that were found for the target's name, by turn,
// with the target's port. Those that the target names are known to take connections, and
// go before all others.
func AddressOf(t *loaders.Target, found []netip.Addr, turn int) (netip.AddrPort, error) {
	var known []netip.Addr
	var port uint16
	for _, address := range append([]string{t.Address}, t.More...) {
		ap, err := loaders.ParseAddress(address)
		if err != nil {
			return ap, err
		}
		port = ap.Port()
		if slices.Contains(found, ap.Addr()) {
			known = append(known, ap.Addr())
		}
	}
	if len(known) > 0 {
		found = known
	}
	if len(found) == 0 {
		return netip.AddrPort{}, errors.New("it has no address")
	}
	return netip.AddrPortFrom(found[turn%len(found)], port), nil
}
