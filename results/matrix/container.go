package matrix

import (
	"slices"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

// groupHead names the additional columns of containers: memory as the kernel's
// memory controller counts it, page cache and kernel memory included.
func groupHead() []string { return []string{"container peak", "own / files / sockets"} }

// hasGroups reports whether a memory controller counted one of the cells.
func hasGroups(row []*cells.Cell) bool {
	return slices.ContainsFunc(row, func(c *cells.Cell) bool { return c.Median(cells.Bytes(cells.Server, groupPeak)).Kind != stats.None })
}

// group returns a container's peak, and its memory at the end of the window: the
// processes' own, cached files, and buffers of sockets.
func group(c *cells.Cell) []string {
	part := func(of func(*results.Usage) *uint64) string {
		return show(c.Median(cells.Bytes(cells.Server, of)), "—", memory().text)
	}
	peak := part(groupPeak)
	if peak == "—" {
		return []string{peak, peak}
	}
	last := func(of func(results.UsageSample) *uint64) string {
		return part(func(u *results.Usage) *uint64 {
			if len(u.Timeline) == 0 {
				return nil
			}
			return of(u.Timeline[len(u.Timeline)-1])
		})
	}
	return []string{peak, last(func(s results.UsageSample) *uint64 { return s.AnonymousBytes }) + " / " +
		last(func(s results.UsageSample) *uint64 { return s.FileBytes }) + " / " +
		last(func(s results.UsageSample) *uint64 { return s.SocketBytes })}
}

func groupPeak(u *results.Usage) *uint64 { return u.GroupPeakBytes }
