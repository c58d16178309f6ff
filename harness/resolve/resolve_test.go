package resolve

import (
	"net"
	"slices"
	"testing"
	"time"
)

// listening returns the port of a listener on the address.
func listening(t *testing.T, address string) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// localhost is often ::1 as well as 127.0.0.1, and few servers listen on both.
func TestTaking(t *testing.T) {
	t.Parallel()
	port := listening(t, "127.0.0.1")
	for name, c := range map[string]struct {
		all  []string
		want Found
	}{
		"a lone address is not tried":  {[]string{"127.0.0.9"}, Found{Addresses: []string{"127.0.0.9"}, All: 1}},
		"IPv4 behind IPv6":             {[]string{"::1", "127.0.0.1"}, Found{Addresses: []string{"127.0.0.1"}, All: 2}},
		"IPv4 before IPv6":             {[]string{"127.0.0.1", "::1"}, Found{Addresses: []string{"127.0.0.1"}, All: 2}},
		"none takes connections":       {[]string{"127.0.0.9", "::1"}, Found{Addresses: []string{"127.0.0.9"}, All: 2, Closed: 2}},
		"the rest of loopback is left": {[]string{"127.0.0.9", "127.0.0.1", "::1"}, Found{Addresses: []string{"127.0.0.1"}, All: 3}},
	} {
		got := taking(t.Context(), c.all, port, 5*time.Second)
		if !slices.Equal(got.Addresses, c.want.Addresses) || got.All != c.want.All || got.Closed != c.want.Closed {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// A numeric host stays what it is, with its zone.
func TestLookupOfNumericHosts(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"127.0.0.1": "127.0.0.1", "::ffff:10.0.0.1": "10.0.0.1", "fe80::77%d0": "fe80::77%d0"} {
		got, err := Lookup(t.Context(), name)
		if err != nil || !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %v, %v, want %s", name, got, err, want)
		}
	}
}
