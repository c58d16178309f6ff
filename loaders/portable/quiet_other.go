//go:build !unix

package portable

import (
	"net"
	"syscall"
)

// rawOf returns nil: nobody looks at the descriptor on this system.
func rawOf(net.Conn) syscall.RawConn { return nil }

// quiet is always true. This system offers no look at the receive queue that
// works while the connection's reader waits on it, so that a request may be sent
// behind the server's unannounced close and fails then.
func quiet(syscall.RawConn) bool { return true }
