package cli

import (
	"fmt"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/journal"
	"github.com/joust-bench/joust/results/stats"
)

// storedPeaks are the peaks of a stored run, where one is named; "latest" is
// the newest run that has any.
func (a *app) storedPeaks(name string) (map[plan.PeakKey]float64, error) {
	if name == "" {
		return nil, nil
	}
	if name != journal.Latest {
		_, stored, err := a.openRun(name)
		if err != nil {
			return nil, fmt.Errorf("--peaks: %w", err)
		}
		peaks := peaksOf(&stored)
		if len(peaks) == 0 {
			return nil, usage(fmt.Errorf("--peaks %s: that run has no valid closed-loop cell to take peaks from", name))
		}
		return peaks, nil
	}
	runs, err := journal.List(a.out)
	if err != nil {
		return nil, fmt.Errorf("--peaks: %w", err)
	}
	for _, r := range runs {
		stored, err := journal.Open(r.Dir)
		if err != nil {
			continue // joust list runs tells why
		}
		if peaks := peaksOf(&stored); len(peaks) > 0 {
			fmt.Fprintf(a.stderr, "peaks are those of run %s\n", r.ID)
			return peaks, nil
		}
	}
	return nil, usage(fmt.Errorf("--peaks latest: no run in %s has a valid closed-loop cell to take peaks from: run a closed loop first, or find the peaks now with --mode closed,open", a.out))
}

// peaksOf are the median closed-loop peaks of a stored run's valid cells, in
// requests per second.
func peaksOf(run *results.Run) map[plan.PeakKey]float64 {
	values := map[plan.PeakKey][]float64{}
	for i := range run.Trials {
		t := &run.Trials[i]
		if t.State != results.TrialOK || t.Kind != results.TrialMeasured {
			continue
		}
		for _, phase := range t.Phases {
			if phase.Name != results.PhaseClosed || !phase.Verdict.Valid {
				continue
			}
			for l := range t.Loaders {
				if p := t.Loaders[l].Phase(phase.Name); p != nil {
					key := plan.PeakKey{Server: t.Server, Scenario: t.Scenario, Protocol: t.Protocol}
					values[key] = append(values[key], p.ThroughputRPS())
				}
			}
		}
	}
	peaks := make(map[plan.PeakKey]float64, len(values))
	for key, list := range values {
		peaks[key] = stats.Median(list).Value
	}
	return peaks
}
