package backend

import (
	"github.com/joust-bench/joust/loaders"
)

// Addresses returns the addresses to which a load connects: the target's, in their
// order, or the proxy's. All are of the network; those of "tcp" are numeric.
func Addresses(spec *loaders.Spec) (network string, addresses []string, err error) {
	t := spec.Target
	if spec.Proxy != nil {
		t = loaders.Target{Network: "tcp", Address: spec.Proxy.Address}
	}
	if t.Network == "unix" {
		return "unix", []string{t.Address}, nil
	}
	for _, address := range append([]string{t.Address}, t.More...) {
		ap, err := loaders.ParseAddress(address)
		if err != nil {
			return "", nil, err
		}
		addresses = append(addresses, ap.String())
	}
	return "tcp", addresses, nil
}
