package host

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
)

// lowestPort is where the search for a free port begins, above the ports of
// well-known services.
const lowestPort = 10240

// FreePort returns a TCP port on the address that was free just now. It prefers
// ports from which the kernel makes no outgoing connections: one of those
// could take the port before the server binds it, and a client that knocks at
// a port of that range can end up connected to itself.
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

// ephemeralStart is the first port of outgoing connections, 0 where that is
// not known.
func ephemeralStart() int {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return 0
	}
	var low, high int
	if _, err := fmt.Sscan(string(text), &low, &high); err != nil {
		return 0
	}
	return low
}

// WaitPortClosed returns when nothing listens on the TCP address host:port any
// more. When ctx ends first, the error says that something still does.
func WaitPortClosed(ctx context.Context, addr string) error {
	dialer := net.Dialer{Timeout: 200 * time.Millisecond}
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		conn, err := dialer.DialContext(ctx, "tcp", addr)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return nil
		}
		if err == nil {
			abandon(conn)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting until nothing listens on %s: %w (find who does with: ss -ltnp)", addr, context.Cause(ctx))
		case <-time.After(wait):
		}
	}
}

// abandon closes a connection by reset, so that no TIME_WAIT is left of it.
// The connection was made for nothing but to see whether it can be.
func abandon(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
