package matrix

import (
	"slices"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/results/table"
)

// resources writes the cost of each closed-loop cell, one table a scenario. No
// cost is ranked: each server worked at a rate of its own.
func (v *view) resources(p *page) {
	if len(v.closed) == 0 {
		return
	}
	p.heading("## Resources", "Closed loop, over exactly the window; medians over trials. Cost belongs to the rate beside it and to no other. Memory in MiB.")
	for _, t := range v.closed {
		p.section("### "+title(t.PlanTable), "", v.costs(t))
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
	unit, in := "µs/"+v.Thing(t.PlanTable), microseconds()
	if v.Bandwidth(t.PlanTable) {
		unit, in = "s/GB", one() // nanoseconds per byte
	}
	head := []string{"at " + t.in.unit, "server CPU " + unit, v.mark(cells.LoaderWork, " "+unit), "server cores", v.mark(cells.LoaderWork, ", cores"),
		"server peak", "server idle", "loader peak"}
	columns := slices.DeleteFunc(memoryColumns(), func(m memoryColumn) bool {
		return !slices.ContainsFunc(t.cells, func(c *cells.Cell) bool { return m.text(c) != absent })
	})
	for _, m := range columns {
		head = append(head, m.head)
	}
	return v.byServer(head, t.cells, func(_ int, c *cells.Cell) []string {
		line := []string{t.in.text(c.Median(c.Work).Value),
			v.median(in, c.Median(c.ServerCost)), v.median(in, c.Median(c.LoaderCost)),
			v.median(one(), c.Median(cells.ServerCores)), v.median(one(), c.Median(cells.LoaderCores)),
			v.peakMemory(c, cells.Server), v.median(memory(), c.Median(cells.IdleMemory)), v.peakMemory(c, cells.Loader)}
		for _, m := range columns {
			line = append(line, m.text(c))
		}
		return line
	})
}

// peakMemory returns the kernel's peak of a side.
func (v *view) peakMemory(c *cells.Cell, side cells.Side) string {
	several := slices.ContainsFunc(c.Valid, func(s *cells.Observation) bool { u := side(s.Phase); return u != nil && u.Processes > 1 })
	peak := c.Median(cells.PeakMemory(side))
	text := v.median(memory(), peak)
	if several && peak.Kind != stats.None {
		return v.mark(cells.UpperMemory, text)
	}
	return text
}

// absent stands for an amount that no trial of the cell has.
const absent = "—"

// memoryColumn is a kind of the server's memory that only some servers and machines have.
type memoryColumn struct {
	head string
	text func(*cells.Cell) string
}

func memoryColumns() []memoryColumn {
	return []memoryColumn{
		{"server runtime", func(c *cells.Cell) string {
			return serverMemory(c, func(u *results.Usage) *uint64 { return u.RuntimeMemoryBytes })
		}},
		{"container peak", func(c *cells.Cell) string { return serverMemory(c, groupPeak) }},
		{"own / files / sockets", memoryParts},
	}
}

// serverMemory returns the median of an amount of the server's memory.
func serverMemory(c *cells.Cell, of func(*results.Usage) *uint64) string {
	return show(c.Median(cells.Bytes(cells.Server, of)), absent, memory().text)
}

// memoryParts returns the server's memory at the end of the window: the processes' own,
// files, and buffers of sockets.
func memoryParts(c *cells.Cell) string {
	last := func(of func(results.UsageSample) *uint64) string {
		return serverMemory(c, func(u *results.Usage) *uint64 {
			if len(u.Timeline) == 0 {
				return nil
			}
			return of(u.Timeline[len(u.Timeline)-1])
		})
	}
	own := last(func(s results.UsageSample) *uint64 { return s.AnonymousBytes })
	if own == absent {
		return absent
	}
	return own + " / " + last(func(s results.UsageSample) *uint64 { return s.FileBytes }) +
		" / " + last(func(s results.UsageSample) *uint64 { return s.SocketBytes })
}

func groupPeak(u *results.Usage) *uint64 { return u.GroupPeakBytes }
