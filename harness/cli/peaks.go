package cli

import (
	"fmt"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/journal"
)

// storedPeaks returns the peaks of the named run, nil for no name. "latest" is the
// newest run that has any.
func (a *app) storedPeaks(name string) (map[plan.PeakKey]float64, error) {
	switch name {
	case "":
		return nil, nil
	case journal.Latest:
		return a.latestPeaks()
	}
	dir, err := a.findRun(name)
	if err != nil {
		return nil, fmt.Errorf("--peaks: %w", err)
	}
	peaks, err := peaksIn(dir)
	if err != nil {
		return nil, fmt.Errorf("--peaks: %w", err)
	}
	if len(peaks) == 0 {
		return nil, session.Usage(fmt.Errorf("--peaks %s: that run has no valid closed-loop cell to take peaks from", name))
	}
	return peaks, nil
}

// latestPeaks returns the peaks of the newest run that has any.
func (a *app) latestPeaks() (map[plan.PeakKey]float64, error) {
	runs, err := journal.List(a.out)
	if err != nil {
		return nil, fmt.Errorf("--peaks: %w", err)
	}
	for _, r := range runs {
		// joust list runs names the runs that cannot be read.
		if peaks, err := peaksIn(r.Dir); err == nil && len(peaks) > 0 {
			a.say("peaks are those of run %s", r.ID)
			return peaks, nil
		}
	}
	return nil, session.Usage(fmt.Errorf("--peaks latest: no run in %s has a valid closed-loop cell to take peaks from: run a closed loop first, or find the peaks now with --mode closed,open", a.out))
}

// peaksIn returns the closed-loop peaks of the cells of the run in the folder, in
// requests per second.
func peaksIn(dir string) (map[plan.PeakKey]float64, error) {
	outline, err := journal.Outline(dir)
	if err != nil {
		return nil, err
	}
	set := cells.Of(outline)
	peaks := map[plan.PeakKey]float64{}
	for _, t := range set.Run.Plan.Tables {
		for _, s := range set.Run.Servers {
			if c := set.Closed(t, s); len(c.Valid) > 0 {
				peaks[plan.PeakKey{Server: s.Name, Scenario: t.Scenario, Protocol: t.Protocol}] = c.Median(cells.Throughput).Value
			}
		}
	}
	return peaks, nil
}
