package tree

import (
	"net"
	"os"
	"slices"
	"testing"
)

func TestListening(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"127.0.0.1:0", "0.0.0.0:0", "[::1]:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Log(err) // there may be no IPv6
			continue
		}
		defer l.Close()
		if got := Listening(os.Getpid()); !slices.Contains(got, l.Addr().String()) {
			t.Errorf("%v is not in %v", l.Addr(), got)
		}
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if got := Listening(os.Getpid()); slices.Contains(got, c.LocalAddr().String()) {
			t.Errorf("%v is a client's, in %v", c.LocalAddr(), got)
		}
	}
}
