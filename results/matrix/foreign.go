package matrix

import (
	"fmt"
	"time"
)

// foreignNotes writes the notes on a loader that is not joust's own: its known
// defects, how it was sampled, and the warnings of its runs.
func (v *view) foreignNotes(p *page) {
	var notes []string
	for i := range v.Run.Trials {
		t := &v.Run.Trials[i]
		for _, r := range t.Loaders {
			if r.Foreign == nil {
				continue
			}
			for _, defect := range r.Foreign.Defects {
				notes = appendNew(notes, fmt.Sprintf("%s: %s.", r.Loader, defect))
			}
			margin := time.Duration(r.Foreign.MarginNS)
			notes = appendNew(notes, fmt.Sprintf("%s announces no windows: CPU and memory of both sides are sampled from %s after its start to %s before its planned end; throughput and latencies are its own, over all of its run. The warm-up is a run of its own.", r.Loader, margin, margin))
			for _, w := range r.Warnings {
				notes = appendNew(notes, fmt.Sprintf("%s, %s, %s.", t.Server, t.Scenario, w))
			}
		}
	}
	p.list("## What this loader's figures are worth", "Cells of different loaders are never ranked together; `joust agree` puts loaders side by side. `— not expressible`: the loader cannot ask the row; why stands in the list of what is missing.", notes)
}
