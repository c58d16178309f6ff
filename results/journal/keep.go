package journal

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/joust-bench/joust/results"
)

// keptSlowest is how many of a phase's slowest requests are kept.
const keptSlowest = 10

// Line is the line of trials.jsonl that Append writes for the trial, its end
// included.
func Line(t results.Trial) ([]byte, error) {
	line, err := json.Marshal(kept(t))
	if err != nil {
		return nil, fmt.Errorf("encode trial %d: %w", t.Index, err)
	}
	return append(line, '\n'), nil
}

// kept is what the journal keeps of a trial: all but the buckets of histograms
// that nobody reads once the trial is judged. Measured phases of trials that
// count keep those of service time and corrected latency, and of the lags that
// error bars are made of; every histogram keeps its count, extremes and mean.
func kept(t results.Trial) results.Trial {
	counts := t.State == results.TrialOK && t.Kind != results.TrialScout
	t.Loaders = slices.Clone(t.Loaders)
	for i := range t.Loaders {
		t.Loaders[i].Phases = keptPhases(t.Loaders[i].Phases, counts)
	}
	t.Parts = slices.Clone(t.Parts)
	for i := range t.Parts {
		t.Parts[i].Phases = keptPhases(t.Parts[i].Phases, false) // tables read the merged report
	}
	t.Sweep = slices.Clone(t.Sweep)
	for i := range t.Sweep {
		if r := t.Sweep[i].Report; r != nil {
			report := *r
			report.Phases = keptPhases(r.Phases, false)
			t.Sweep[i].Report = &report
		}
	}
	return t
}

func keptPhases(phases []results.Phase, counts bool) []results.Phase {
	out := slices.Clone(phases)
	for i := range out {
		keepOf(&out[i], counts && out[i].Measured)
	}
	return out
}

// keepOf leaves of a phase what is kept; tables says whether any has a row or a
// mark of it.
func keepOf(p *results.Phase, tables bool) {
	p.Total = keptGroup(p.Total, tables)
	p.Groups = maps.Clone(p.Groups)
	for name, g := range p.Groups {
		p.Groups[name] = keptGroup(g, false)
	}
	p.SendLagBlocked, p.LoopGaps = p.SendLagBlocked.Sums(), p.LoopGaps.Sums()
	if !tables {
		p.SendLagIdle, p.ReceiveLag = p.SendLagIdle.Sums(), p.ReceiveLag.Sums()
		p.Slowest = nil
	}
	p.Slowest = p.Slowest[:min(len(p.Slowest), keptSlowest)]
}

func keptGroup(g results.Group, tables bool) results.Group {
	g.FirstByte, g.Write, g.FailedTime = g.FirstByte.Sums(), g.Write.Sums(), g.FailedTime.Sums()
	if !tables {
		g.Service, g.Corrected = g.Service.Sums(), g.Corrected.Sums()
	}
	return g
}
