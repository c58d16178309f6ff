package matrix

import (
	"fmt"
	"slices"
	"time"
)

// foreign are the notes on a loader that is not joust's own: its known defects,
// how it was sampled, and what was peculiar about its runs.
func (v *view) foreign() []string {
	var notes []string
	add := func(format string, args ...any) {
		if text := escape(fmt.Sprintf(format, args...)); !slices.Contains(notes, text) {
			notes = append(notes, text)
		}
	}
	for i := range v.Run.Trials {
		for _, r := range v.Run.Trials[i].Loaders {
			if r.Foreign == nil {
				continue
			}
			for _, defect := range r.Foreign.Defects {
				add("%s: %s.", r.Loader, defect)
			}
			add("%s announces no windows: CPU and memory of both sides are sampled from %s after its start to %s before its planned end; throughput and latencies are its own, over all of its run. The warm-up is a run of its own.",
				r.Loader, time.Duration(r.Foreign.MarginNS), time.Duration(r.Foreign.MarginNS))
			for _, w := range r.Warnings {
				add("%s, %s, %s.", v.Run.Trials[i].Server, v.Run.Trials[i].Scenario, w)
			}
		}
	}
	return notes
}

// foreignNotes writes them next to the tables.
func (v *view) foreignNotes(p *page) {
	p.list("## What this loader's figures are worth", "Cells of different loaders are never ranked together; `joust agree` puts loaders side by side. `— not expressible`: the loader cannot ask the row; why stands in the list of what is missing.", v.foreign())
}
