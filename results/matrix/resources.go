package matrix

import (
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/table"
)

// loaderWork defines the columns of the loader's work.
const loaderWork = "`loader work`: the CPU time of the loader's threads without their empty polls; of a loader that is not joust's own, all CPU time."

// resources writes the cost of each closed-loop cell, one table a scenario. No
// cost is ranked: each server worked at a rate of its own.
func (v *view) resources(p *page) {
	if len(v.closed) > 0 {
		p.line("\n## Resources")
	}
	for _, t := range v.closed {
		p.section("### "+title(t.PlanTable),
			"Closed loop, over exactly the window; medians over trials. Cost belongs to the rate beside it and to no other. Memory in MiB; `≤`: a sum over several processes, an upper bound.",
			v.costs(t))
		entries := func(value func(*cells.Cell) cells.Value) []entry {
			return each(t.cells, func(c *cells.Cell) entry { return entryOf(c, value(c)) })
		}
		p.after(noise(
			v.contest("server CPU", true, entries(func(c *cells.Cell) cells.Value { return c.ServerCost })),
			v.contest("server peak memory", true, entries(func(*cells.Cell) cells.Value { return cells.PeakMemory(cells.Server) })),
		))
	}
}

// costs returns the resources table of one scenario.
func (v *view) costs(t closedTable) *table.Table {
	unit, in := "µs/request", microseconds()
	if v.Bandwidth(t.PlanTable) {
		unit, in = "s/GB", one() // nanoseconds per byte
	}
	head := []string{"at " + t.in.unit, "server CPU " + unit, "loader work " + unit, "server cores", "loader work, cores",
		"server peak", "server idle", "loader peak"}
	containers := slices.ContainsFunc(t.cells, func(c *cells.Cell) bool { return len(c.Values(cells.Bytes(cells.Server, groupPeak))) > 0 })
	if containers {
		head = append(head, "container peak", "own / files / sockets")
	}
	return byServer(head, t.cells, func(_ int, c *cells.Cell) []string {
		line := []string{t.in.text(c.Median(c.Work).Value),
			in.median(c.Median(c.ServerCost)), in.median(c.Median(c.LoaderCost)),
			one().median(c.Median(cells.ServerCores)), one().median(c.Median(cells.LoaderCores)),
			peakMemory(c, cells.Server), memory().median(c.Median(cells.IdleMemory)), peakMemory(c, cells.Loader)}
		if containers {
			line = append(line, groupMemory(c)...)
		}
		return line
	})
}

// peakMemory returns the kernel's peak of a side.
func peakMemory(c *cells.Cell, side cells.Side) string {
	several := slices.ContainsFunc(c.Valid, func(s *cells.Observation) bool { u := side(s.Phase); return u != nil && u.Processes > 1 })
	text := memory().median(c.Median(cells.PeakMemory(side)))
	if several && !strings.HasPrefix(text, "—") {
		return "≤ " + text
	}
	return text
}

// groupMemory returns a container's peak, and its memory at the end of the window:
// the processes' own, cached files, and buffers of sockets.
func groupMemory(c *cells.Cell) []string {
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
