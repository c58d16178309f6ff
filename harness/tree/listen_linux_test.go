package tree

import (
	"net"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestListeningTable(t *testing.T) {
	t.Parallel()
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1
   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 1
   2: 0100007F:1F91 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 13 1
   3: 0100007F:1F92 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 14 1
   4: 00000000000000000000000001000000:1F93 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 15 1
   5: nonsense 0 0A 0:0 0:0 0 0 0 16 1
`
	got := listening(table, map[string]bool{"11": true, "12": true, "13": true, "15": true, "16": true})
	if diff := cmp.Diff([]string{"127.0.0.1:8080", "0.0.0.0:80", "[::1]:8083"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestListening(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got := Listening(os.Getpid()); !slices.Contains(got, l.Addr().String()) {
		t.Errorf("%v is not in %v", l.Addr(), got)
	}
}
