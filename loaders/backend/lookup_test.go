package backend_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
)

// Connections spread over the addresses of the name. Those that the target knows go before
// others, on which nobody may listen.
func TestAddressOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		known []string
		found string
		want  []string
	}{
		{[]string{"127.0.0.1:80"}, "::1 127.0.0.1", []string{"127.0.0.1:80", "127.0.0.1:80", "127.0.0.1:80"}},
		{[]string{"127.0.0.1:80", "[::1]:80"}, "10.0.0.9 ::1", []string{"[::1]:80", "[::1]:80", "[::1]:80"}},
		{[]string{"127.0.0.1:81"}, "10.0.0.9 10.0.0.8", []string{"10.0.0.9:81", "10.0.0.8:81", "10.0.0.9:81"}},
	} {
		var found []netip.Addr
		for _, a := range strings.Fields(c.found) {
			found = append(found, netip.MustParseAddr(a))
		}
		var got []string
		for turn := range 3 {
			to, err := backend.AddressOf(&loaders.Target{Address: c.known[0], More: c.known[1:]}, found, turn)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, to.String())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("known %s, found %s: connections to %v, want %v", c.known, c.found, got, c.want)
		}
	}
	if to, err := backend.AddressOf(&loaders.Target{Address: "127.0.0.1:80"}, nil, 0); err == nil {
		t.Errorf("%v out of no address", to)
	}
}

// The resolver's reason stands alone in the error.
func TestLookup(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"127.0.0.1": "127.0.0.1", "::ffff:10.0.0.1": "10.0.0.1", "fe80::77%d0": "fe80::77%d0"} {
		got, err := backend.Lookup(t.Context(), name)
		if err != nil || len(got) != 1 || got[0].String() != want {
			t.Errorf("%s: %v, %v, want %s", name, got, err, want)
		}
	}
	if got, err := backend.Lookup(t.Context(), "joust.invalid"); err == nil || strings.Contains(err.Error(), "joust.invalid") {
		t.Errorf("a name that cannot exist: %v, %v", got, err)
	}
}
