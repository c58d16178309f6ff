package backend

import (
	"fmt"
	"net"
	"strconv"

	"github.com/joust-bench/joust/loaders"
)

// Addresses returns the addresses to which a load connects: for each target its own, in
// their order, or the proxy's. Each is a *net.TCPAddr or a *net.UnixAddr. It returns an
// error for an address that is not numeric, and for a zone that this machine does not
// have.
func Addresses(spec *loaders.Spec) ([][]net.Addr, error) {
	targets := []loaders.Target{spec.Target}
	if spec.Proxy != nil {
		targets[0] = loaders.Target{Network: "tcp", Address: spec.Proxy.Address}
	}
	for i := range spec.Hosts {
		targets = append(targets, spec.Hosts[i].Target)
	}
	all := make([][]net.Addr, len(targets))
	for i := range targets {
		var err error
		if all[i], err = addressesOf(&targets[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// addressesOf returns the addresses of one target.
func addressesOf(t *loaders.Target) ([]net.Addr, error) {
	if t.Network == "unix" {
		return []net.Addr{&net.UnixAddr{Name: t.Address, Net: "unix"}}, nil
	}
	var list []net.Addr
	for _, address := range append([]string{t.Address}, t.More...) {
		ap, err := loaders.ParseAddress(address)
		if err != nil {
			return nil, err
		}
		if _, err := ZoneIndex(ap.Addr().Zone()); err != nil {
			return nil, fmt.Errorf("address %s: %w", address, err)
		}
		list = append(list, net.TCPAddrFromAddrPort(ap))
	}
	return list, nil
}

// ZoneIndex returns the index of the network interface that an IPv6 zone names, by its
// name or its number (RFC 4007 §11.2); 0 for no zone.
func ZoneIndex(zone string) (uint32, error) {
	if zone == "" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n), nil
	}
	i, err := net.InterfaceByName(zone)
	if err != nil {
		return 0, fmt.Errorf("zone %q: %w: ip link lists the interfaces of this machine", zone, err)
	}
	return uint32(i.Index), nil
}
