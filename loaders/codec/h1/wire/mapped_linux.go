package wire

import (
	"fmt"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mappedWindow is about the memory that a mapped body takes, in bytes: it should
// stay in a core's cache while the whole body is copied from it.
const mappedWindow = 256 << 10

// mapRepeated returns size bytes of the repeated pattern, read-only. Memory holds
// one window of them, which is mapped again and again: copying a 20 MiB body then
// reads from the processor's cache. release gives the addresses back.
func mapRepeated(pattern string, size int64) (body []byte, release func() error, err error) {
	page := os.Getpagesize()
	step := page / gcd(page, len(pattern)) * len(pattern)
	window := max(1, mappedWindow/step) * step
	fd, err := unix.MemfdCreate("joust-body", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, nil, fmt.Errorf("making memory for a large body: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	if _, err := unix.Write(fd, []byte(strings.Repeat(pattern, window/len(pattern)))); err != nil {
		return nil, nil, fmt.Errorf("filling memory for a large body: %w", err)
	}
	total := (int(size) + window - 1) / window * window
	base, err := unix.MmapPtr(-1, 0, nil, uintptr(total), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, nil, fmt.Errorf("finding addresses for a large body: %w", err)
	}
	release = func() error { return unix.MunmapPtr(base, uintptr(total)) }
	for at := 0; at < total; at += window {
		if _, err := unix.MmapPtr(fd, 0, unsafe.Add(base, at), uintptr(window), unix.PROT_READ, unix.MAP_SHARED|unix.MAP_FIXED|unix.MAP_POPULATE); err != nil {
			_ = release()
			return nil, nil, fmt.Errorf("mapping a large body: %w", err)
		}
	}
	return unsafe.Slice((*byte)(base), size), release, nil
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
