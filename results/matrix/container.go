package matrix

import (
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// groupHead names the columns that tables of containers have beside: what a
// memory controller charges, page cache and kernel memory included.
func groupHead() []string { return []string{"container peak", "own / files / sockets"} }

// grouped tells whether a memory controller has counted one of the cells.
func grouped(cells []cell) bool {
	for i := range cells {
		if len(cells[i].values(ofGroup(groupPeak))) > 0 {
			return true
		}
	}
	return false
}

// group is a container's peak, and what it held at the end of the window: the
// processes' own memory, cached files, and buffers of sockets.
func group(c *cell) []string {
	part := func(of func(*results.Usage) *uint64) string {
		e := c.median(ofGroup(of))
		if e.Kind == stats.None {
			return "—"
		}
		return memory().text(e.Value)
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

// ofGroup is an amount of one trial, where it was counted.
func ofGroup(of func(*results.Usage) *uint64) func(sample) (float64, bool) {
	return func(s sample) (float64, bool) {
		if s.phase.Server == nil {
			return 0, false
		}
		bytes := of(s.phase.Server)
		if bytes == nil {
			return 0, false
		}
		return float64(*bytes), true
	}
}
