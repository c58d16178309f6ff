//go:build unix && !linux

package machine

import (
	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/results"
)

// system adds the facts of every Unix; joust measures on Linux.
func system(h *results.Host) {
	var name unix.Utsname
	if err := unix.Uname(&name); err == nil {
		h.Kernel = unix.ByteSliceToString(name.Release[:])
	}
}
