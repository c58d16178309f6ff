package backend_test

import (
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spec loaders.Spec
		want []net.Addr
	}{
		"one": {
			loaders.Spec{Target: loaders.Target{Network: "tcp", Address: "127.0.0.1:80"}},
			[]net.Addr{&net.TCPAddr{IP: net.IP{127, 0, 0, 1}, Port: 80}},
		},
		"several": {
			loaders.Spec{Target: loaders.Target{Network: "tcp", Address: "[::1]:80", More: []string{"127.0.0.1:80"}}},
			[]net.Addr{&net.TCPAddr{IP: net.IPv6loopback, Port: 80}, &net.TCPAddr{IP: net.IP{127, 0, 0, 1}, Port: 80}},
		},
		"a numbered zone": {
			loaders.Spec{Target: loaders.Target{Network: "tcp", Address: "[fe80::77%7]:80"}},
			[]net.Addr{&net.TCPAddr{IP: net.ParseIP("fe80::77"), Port: 80, Zone: "7"}},
		},
		"a proxy": {
			loaders.Spec{Target: loaders.Target{Network: "tcp", Address: "example.com:80"}, Proxy: &loaders.Proxy{Address: "127.0.0.1:3128"}},
			[]net.Addr{&net.TCPAddr{IP: net.IP{127, 0, 0, 1}, Port: 3128}},
		},
		"a socket in a folder": {
			loaders.Spec{Target: loaders.Target{Network: "unix", Address: "/run/x"}},
			[]net.Addr{&net.UnixAddr{Name: "/run/x", Net: "unix"}},
		},
	} {
		got, err := backend.Addresses(&c.spec)
		if diff := cmp.Diff([][]net.Addr{c.want}, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}
}

func TestAddressesRefused(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"localhost:80":            "localhost:80",
		"[fe80::77%nowhere42]:80": `zone "nowhere42"`,
	} {
		_, err := backend.Addresses(&loaders.Spec{Target: loaders.Target{Network: "tcp", Address: address}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
}

// Zones are names or numbers of this machine's interfaces (RFC 4007 §11.2).
func TestZoneIndex(t *testing.T) {
	t.Parallel()
	all, err := net.Interfaces()
	if err != nil || len(all) == 0 {
		t.Skipf("this machine lists no network interface: %v", err)
	}
	for zone, want := range map[string]uint32{"": 0, "7": 7, all[0].Name: uint32(all[0].Index)} {
		if got, err := backend.ZoneIndex(zone); got != want || err != nil {
			t.Errorf("%q: %d, %v, want %d", zone, got, err, want)
		}
	}
}
