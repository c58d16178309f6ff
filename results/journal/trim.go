package journal

import (
	"maps"
	"slices"

	"github.com/joust-bench/joust/results"
)

// mostSlowest is the number of a phase's slowest requests that are stored.
const mostSlowest = 10

// trim returns the trial without the buckets of histograms that nobody reads once
// the trial is judged. Measured phases of trials that count keep those of service
// time and corrected latency, and of the lags that error bars are made of; every
// histogram keeps its count, extremes and mean. The argument stays as it is.
func trim(t results.Trial) results.Trial {
	t.Loaders = trimReports(t.Loaders, t.State == results.TrialOK && t.Kind != results.TrialScout)
	t.Parts = trimReports(t.Parts, false) // tables read the merged report
	t.Sweep = slices.Clone(t.Sweep)
	for i := range t.Sweep {
		if r := t.Sweep[i].Report; r != nil {
			t.Sweep[i].Report = &trimReports([]results.Report{*r}, false)[0]
		}
	}
	return t
}

// trimReports trims a copy of the reports; counts says whether tables read their
// measured phases.
func trimReports(reports []results.Report, counts bool) []results.Report {
	reports = slices.Clone(reports)
	for i := range reports {
		phases := slices.Clone(reports[i].Phases)
		for j := range phases {
			trimPhase(&phases[j], counts && phases[j].Measured)
		}
		reports[i].Phases = phases
	}
	return reports
}

func trimPhase(p *results.Phase, counts bool) {
	p.Total = trimGroup(p.Total, counts)
	p.Groups = maps.Clone(p.Groups)
	for name, g := range p.Groups {
		p.Groups[name] = trimGroup(g, false)
	}
	p.SendLagBlocked, p.LoopGaps = p.SendLagBlocked.Sums(), p.LoopGaps.Sums()
	if !counts {
		p.SendLagIdle, p.ReceiveLag = p.SendLagIdle.Sums(), p.ReceiveLag.Sums()
		p.Slowest = nil
	}
	p.Slowest = p.Slowest[:min(len(p.Slowest), mostSlowest)]
}

func trimGroup(g results.Group, counts bool) results.Group {
	g.FirstByte, g.Write, g.FailedTime = g.FirstByte.Sums(), g.Write.Sums(), g.FailedTime.Sums()
	if !counts {
		g.Service, g.Corrected = g.Service.Sums(), g.Corrected.Sums()
	}
	return g
}
