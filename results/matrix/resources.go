package matrix

import (
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// loaderWork says what the columns of the loader's work are.
const loaderWork = "`loader work`: the CPU time of the loader's threads without their empty polls; of a loader that is not joust's own, all CPU time."

// resources writes what each closed-loop cell cost, one table a scenario.
func (v *view) resources(p *page, caption string) {
	first := true
	for _, t := range v.run.Plan.Tables {
		if t.Closed {
			if first {
				p.line("\n## Resources")
			}
			first = false
			p.section("### "+escape(t.Scenario)+", "+escape(t.Protocol),
				caption+" Closed loop, over exactly the window; medians over trials. Cost belongs to the rate beside it and to no other. Memory in MiB; `≤`: a sum over several processes, an upper bound.",
				v.costs(t))
			p.after(v.costNoise(t))
		}
	}
}

// costNoise tells the noise of a table's cost and memory. Neither is ranked:
// each server worked at a rate of its own.
func (v *view) costNoise(t results.PlanTable) string {
	cells := v.closedCells(t)
	cost, memory := make([]entry, len(cells)), make([]entry, len(cells))
	for i := range cells {
		cost[i] = entryOf(&cells[i], v.costOf(t, serverCores))
		memory[i] = entryOf(&cells[i], peakBytes(serverUsage))
	}
	return noise(v.contest("server CPU", true, cost), v.contest("server peak memory", true, memory))
}

// costs is the resources table of one scenario. Its columns share one scale.
func (v *view) costs(t results.PlanTable) *table {
	cells := v.closedCells(t)
	in := v.peakScale(t, cells)
	cost := "CPU µs/request"
	if v.bandwidth(t) {
		cost = "CPU s/GB"
	}
	out := &table{head: []string{"server", "at " + in.unit, "server " + cost, "loader work " + strings.TrimPrefix(cost, "CPU "), "server cores", "loader work, cores",
		"server peak", "server idle", "loader peak"}, left: 1}
	containers := grouped(cells)
	if containers {
		out.head = append(out.head, groupHead()...)
	}
	for i := range cells {
		c := &cells[i]
		if c.absent != "" {
			out.absent(c)
			continue
		}
		row := []string{c.server.Name, in.text(c.median(v.peak(t)).Value),
			figure(c.median(v.costOf(t, serverCores))), figure(c.median(v.costOf(t, loaderCores))),
			figure(c.median(serverCores)), figure(c.median(loaderCores)),
			peakMemory(c, serverUsage), idleMemory(c), peakMemory(c, loaderUsage)}
		if containers {
			row = append(row, group(c)...)
		}
		out.add(row...)
	}
	return out
}

func serverUsage(s sample) *results.Usage { return s.phase.Server }
func loaderUsage(s sample) *results.Usage { return s.phase.Loader }

// costOf is a side's CPU time per unit of work in one trial: µs per request, or
// s per GB of bodies (10^9 bytes).
func (v *view) costOf(t results.PlanTable, cores func(sample) (float64, bool)) func(sample) (float64, bool) {
	per := 1e6
	if v.bandwidth(t) {
		per = 1e9
	}
	work := v.peak(t)
	return func(s sample) (float64, bool) {
		n, ok := cores(s)
		done, _ := work(s)
		if !ok || done <= 0 {
			return 0, false
		}
		return n / done * per, true
	}
}

// figure prints a median, or "—" where nothing was measured.
func figure(e stats.Estimate) string {
	if e.Kind == stats.None {
		return "— not measured"
	}
	return digits(e.Value)
}

// peakMemory is the kernel's peak of a side.
func peakMemory(c *cell, side func(sample) *results.Usage) string {
	several := false
	for _, s := range c.valid {
		several = several || side(s) != nil && side(s).Processes > 1
	}
	e := c.median(peakBytes(side))
	if e.Kind == stats.None {
		return "— not measured"
	}
	if several {
		return "≤ " + memory().text(e.Value)
	}
	return memory().text(e.Value)
}

// peakBytes is the kernel's peak of a side in one trial.
func peakBytes(side func(sample) *results.Usage) func(sample) (float64, bool) {
	return func(s sample) (float64, bool) {
		u := side(s)
		if u == nil || u.PeakMemoryBytes == nil {
			return 0, false
		}
		return float64(*u.PeakMemoryBytes), true
	}
}

// idleMemory is what the server held before load.
func idleMemory(c *cell) string {
	e := c.median(func(s sample) (float64, bool) {
		if s.trial.IdleMemoryBytes == nil {
			return 0, false
		}
		return float64(*s.trial.IdleMemoryBytes), true
	})
	if e.Kind == stats.None {
		return "— not measured"
	}
	return memory().text(e.Value)
}
