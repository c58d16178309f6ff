package matrix

import (
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

// loaderWork says what the columns of the loader's work are.
const loaderWork = "`loader work`: the CPU time of the loader's threads without their empty polls; of a loader that is not joust's own, all CPU time."

// resources writes what each closed-loop cell cost, one table a scenario.
func (v *view) resources(p *page) {
	first := true
	for _, t := range v.Run.Plan.Tables {
		if t.Closed {
			if first {
				p.line("\n## Resources")
			}
			first = false
			p.section("### "+escape(t.Scenario)+", "+escape(t.Protocol),
				"Closed loop, over exactly the window; medians over trials. Cost belongs to the rate beside it and to no other. Memory in MiB; `≤`: a sum over several processes, an upper bound.",
				v.costs(t))
			p.after(v.costNoise(t))
		}
	}
}

// costNoise tells the noise of a table's cost and memory. Neither is ranked:
// each server worked at a rate of its own.
func (v *view) costNoise(t results.PlanTable) string {
	row := v.closedCells(t)
	cost, memory := make([]entry, len(row)), make([]entry, len(row))
	for i := range row {
		cost[i] = entryOf(&row[i], row[i].ServerCost)
		memory[i] = entryOf(&row[i], cells.PeakMemory(cells.Server))
	}
	return noise(v.contest("server CPU", true, cost), v.contest("server peak memory", true, memory))
}

// costs is the resources table of one scenario. Its columns share one scale.
func (v *view) costs(t results.PlanTable) *table {
	list := v.closedCells(t)
	in, cost, costFigure := v.peakScale(t, list), "CPU µs/request", microseconds
	if v.Bandwidth(t) {
		cost, costFigure = "CPU s/GB", figure // nanoseconds per byte
	}
	out := &table{head: []string{"server", "at " + in.unit, "server " + cost, "loader work " + strings.TrimPrefix(cost, "CPU "), "server cores", "loader work, cores",
		"server peak", "server idle", "loader peak"}, left: 1}
	containers := grouped(list)
	if containers {
		out.head = append(out.head, groupHead()...)
	}
	for i := range list {
		c := &list[i]
		if c.Absent != "" {
			out.absent(c)
			continue
		}
		row := []string{c.Server.Name, in.text(c.Median(c.Work).Value),
			costFigure(c.Median(c.ServerCost)), costFigure(c.Median(c.LoaderCost)),
			figure(c.Median(cells.ServerCores)), figure(c.Median(cells.LoaderCores)),
			peakMemory(c, cells.Server), idleMemory(c), peakMemory(c, cells.Loader)}
		if containers {
			row = append(row, group(c)...)
		}
		out.add(row...)
	}
	return out
}

// figure prints a median, or "—" where nothing was measured.
func figure(e stats.Estimate) string {
	if e.Kind == stats.None {
		return "— not measured"
	}
	return digits(e.Value)
}

// peakMemory is the kernel's peak of a side.
func peakMemory(c *cells.Cell, side func(*results.TrialPhase) *results.Usage) string {
	several := slices.ContainsFunc(c.Valid, func(s *cells.Sample) bool { u := side(s.Seen); return u != nil && u.Processes > 1 })
	text := amount(c.Median(cells.PeakMemory(side)))
	if several && !strings.HasPrefix(text, "—") {
		return "≤ " + text
	}
	return text
}

// idleMemory is what the server held before load.
func idleMemory(c *cells.Cell) string { return amount(c.Median(cells.IdleMemory)) }

// amount prints a median of bytes, or "—" where nothing was measured.
func amount(e stats.Estimate) string {
	if e.Kind == stats.None {
		return "— not measured"
	}
	return memory().text(e.Value)
}
