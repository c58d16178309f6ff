package cli

import (
	"fmt"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/journal"
)

// storedPeaks are the peaks of a stored run, where one is named; "latest" is
// the newest run that has any.
func (a *app) storedPeaks(name string) (map[plan.PeakKey]float64, error) {
	if name == "" {
		return nil, nil
	}
	if name != journal.Latest {
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
	runs, err := journal.List(a.out)
	if err != nil {
		return nil, fmt.Errorf("--peaks: %w", err)
	}
	for _, r := range runs {
		peaks, err := peaksIn(r.Dir)
		if err != nil {
			continue // joust list runs tells why
		}
		if len(peaks) > 0 {
			fmt.Fprintf(a.stderr, "peaks are those of run %s\n", r.ID)
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
