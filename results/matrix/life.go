package matrix

import (
	"fmt"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/results/table"
)

// lives writes what each server costs apart from its answers.
func (v *view) lives(p *page) {
	out := &table.Table{Head: []string{"server", "first answer, ms", "steady, s", "memory idle", "memory after load", "program, MiB", v.energyHead()}, Left: 1}
	for i, s := range v.servers {
		if life := v.Life(s.Name); life.Idle.Kind != stats.None || life.Start.Kind != stats.None {
			out.Add(s.Name, v.median(scale{per: 1e6}, life.Start), v.steady(life), v.median(memory(), life.Idle), v.after(life), v.size(s), v.energy(i))
		}
	}
	p.section("## More than throughput", "Medians over all trials of the run. First answer: from the start of the server to its first right answer. "+
		"Steady: from the first load to a steady throughput. Memory: resident, in MiB, before the load and behind that of the scenario which leaves the most. "+
		"Program: what joust built or pulled. Energy: that of the machine's processor packages, for server and loader together.", out)
}

// steady returns the time to a steady throughput in seconds. Where most warm-ups ended at
// their longest time, the server needs more.
func (v *view) steady(life cells.Life) string {
	if steady := life.Steady.N; life.Unsteady > steady {
		return fmt.Sprintf("not in %d of %d", life.Unsteady, life.Unsteady+steady)
	}
	return v.median(scale{per: 1e9}, life.Steady)
}

func (v *view) after(life cells.Life) string {
	text := v.median(memory(), life.After)
	if life.AfterScenario == "" {
		return text
	}
	return text + " (" + life.AfterScenario + ")"
}

// size returns the size of the server's program in MiB.
func (v *view) size(s results.Server) string {
	if s.SizeBytes == nil {
		return "—"
	}
	return memory().text(float64(*s.SizeBytes))
}

// energyTable returns the closed loop whose energy is shown: the first that counts
// requests. It returns false where the run has none.
func (v *view) energyTable() (closedTable, bool) {
	for _, t := range v.closed {
		if !v.Bandwidth(t.PlanTable) {
			return t, true
		}
	}
	return closedTable{}, false
}

func (v *view) energyHead() string {
	head := "energy, µJ/request"
	if t, ok := v.energyTable(); ok {
		return "energy, µJ/" + v.Thing(t.PlanTable) + " (" + t.Scenario + ")"
	}
	return head
}

// energy returns the energy of the server of that column, in microjoules per request.
func (v *view) energy(column int) string {
	if t, ok := v.energyTable(); ok {
		return show(t.cells[column].Median(cells.Energy), "—", scale{per: 1e-6}.text)
	}
	return "—"
}
