//go:build unix

package portable

import (
	"net"
	"syscall"
)

// rawOf returns the connection's descriptor, nil where it has none.
func rawOf(conn net.Conn) syscall.RawConn {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// quiet reports whether nothing waits to be read on the connection: neither
// bytes nor the end of the server's stream. It reads nothing and does not wait,
// since Go's descriptors do not block. Control, unlike RawConn.Read, works while
// the connection's reader waits for bytes.
func quiet(raw syscall.RawConn) bool {
	if raw == nil {
		return true
	}
	var failed error
	var one [1]byte
	err := raw.Control(func(fd uintptr) {
		_, _, failed = syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK)
	})
	return err == nil && (failed == syscall.EAGAIN || failed == syscall.EINTR)
}
