package backend

import (
	"net"

	"github.com/joust-bench/joust/loaders"
)

// Addresses returns the addresses to which a load connects: the target's, in their
// order, or the proxy's. Each is a *net.TCPAddr or a *net.UnixAddr.
func Addresses(spec *loaders.Spec) ([]net.Addr, error) {
	t := spec.Target
	if spec.Proxy != nil {
		t = loaders.Target{Network: "tcp", Address: spec.Proxy.Address}
	}
	if t.Network == "unix" {
		return []net.Addr{&net.UnixAddr{Name: t.Address, Net: "unix"}}, nil
	}
	var list []net.Addr
	for _, address := range append([]string{t.Address}, t.More...) {
		ap, err := loaders.ParseAddress(address)
		if err != nil {
			return nil, err
		}
		list = append(list, net.TCPAddrFromAddrPort(ap))
	}
	return list, nil
}
