package wire

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// mappedFrom is the least length in bytes of a repeated body that is worth
	// mapping.
	mappedFrom = 1 << 20
	// maxPattern is the greatest length in bytes of a pattern that is mapped:
	// its window must end with a page.
	maxPattern = 4 << 10
	// mappedWindow is about how much memory such a body takes, in bytes: it
	// should stay in a core's cache while all of the body is copied from it.
	mappedWindow = 256 << 10
)

// mapRepeated returns size bytes of the pattern repeated, read-only, of which
// only a window is in memory: it is mapped again and again. Copying a 20 MiB
// body then reads from the processor's cache. release gives the addresses back.
func mapRepeated(pattern string, size int64) (body []byte, release func() error, err error) {
	page := os.Getpagesize()
	step := page / gcd(page, len(pattern)) * len(pattern)
	window := max(1, mappedWindow/step) * step
	fd, err := unix.MemfdCreate("joust-body", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, nil, fmt.Errorf("making memory for a large body: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	if _, err := unix.Write(fd, repeat(pattern, window)); err != nil {
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

// repeat is n bytes of the pattern.
func repeat(pattern string, n int) []byte {
	out := make([]byte, n)
	for at := copy(out, pattern); at < n; {
		at += copy(out[at:], out[:at])
	}
	return out
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
