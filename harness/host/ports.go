package host

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/harness/tree"
)

// lowestPort is the first port that FreePort tries, above the ports of well-known
// services.
const lowestPort = 10240

// FreePort returns a TCP port on the address that was free just now. It prefers
// ports from which the kernel makes no outgoing connections: such a connection
// could take the port before the server binds it, and a client of a port of that
// range can end up connected to itself.
func FreePort(address string) (int, error) {
	if low := ephemeralStart(); low > lowestPort+1000 {
		for range 64 {
			port, err := tryPort(address, lowestPort+rand.IntN(low-lowestPort))
			if err == nil {
				return port, nil
			}
			if !errors.Is(err, syscall.EADDRINUSE) && !errors.Is(err, syscall.EACCES) {
				return 0, fmt.Errorf("looking for a free port: %w", err)
			}
		}
	}
	port, err := tryPort(address, 0)
	if err != nil {
		return 0, fmt.Errorf("looking for a free port: %w", err)
	}
	return port, nil
}

// tryPort listens for a moment; port 0 lets the kernel choose.
func tryPort(address string, port int) (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(address, strconv.Itoa(port)))
	if err != nil {
		return 0, err
	}
	port = l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

// ephemeralStart returns the first port of outgoing connections, 0 where that is
// not known.
func ephemeralStart() int {
	first, _, _ := machine.PortRange()
	return first
}

// ListensOn reports whether the process or one below it listens on the TCP port.
// That is not known where joust may not read the sockets.
func ListensOn(pid, port int) (listens, known bool) {
	addresses := tree.Listening(pid)
	end := ":" + strconv.Itoa(port)
	return slices.ContainsFunc(addresses, func(a string) bool { return strings.HasSuffix(a, end) }), len(addresses) > 0
}

// WaitPortClosed returns when nothing listens on the TCP address host:port any
// more, or with an error when ctx ends first.
func WaitPortClosed(ctx context.Context, addr string) error {
	dialer := net.Dialer{Timeout: 200 * time.Millisecond}
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		conn, err := dialer.DialContext(ctx, "tcp", addr)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return nil
		}
		if err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0) // a reset leaves no TIME_WAIT
			_ = conn.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting until nothing listens on %s: %w (find who does with: ss -ltnp)", addr, context.Cause(ctx))
		case <-time.After(wait):
		}
	}
}
