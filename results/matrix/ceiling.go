package matrix

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// nearCeiling is how near the loader's own ceiling 1/D_L all cells of a table
// must be for it to be what they share.
const nearCeiling = 0.1

// ceilings names the tables whose best cells share a ceiling that is probably
// not their own.
func (v *view) ceilings() []string {
	var items []string
	for _, t := range v.run.Plan.Tables {
		if !t.Closed {
			continue
		}
		if why := v.ceiling(t); why != "" {
			items = append(items, escape(fmt.Sprintf("%s, %s: %s", t.Scenario, t.Protocol, why)))
		}
	}
	return items
}

// ceiling says why the table's best cells seem to share a ceiling: several are
// within the noise band of the best, and no server of them was the limit; or
// the loader was the limit of all, near its own ceiling. Empty where neither
// holds.
func (v *view) ceiling(t results.PlanTable) string {
	var cells []*cell
	all := v.closedCells(t)
	for i := range all {
		if len(all[i].valid) > 0 {
			cells = append(cells, &all[i])
		}
	}
	if len(cells) < 2 {
		return ""
	}
	peak := v.peak(t)
	slices.SortStableFunc(cells, func(a, b *cell) int { return cmp.Compare(b.median(peak).Value, a.median(peak).Value) })
	if own, ok := sharedLoaderCeiling(cells); ok {
		return fmt.Sprintf("the loader was the limit of all %d servers, each at %s or more of its own ceiling 1/D_L (D_L: its work per request): what differs is this loader's cost, not the servers", len(cells), percentage(own))
	}
	best := cells[0].median(peak).Value
	var names []string
	for _, c := range cells {
		if c.bottleneck() == results.LimitServer || best/c.median(peak).Value > 1+v.bandBetween(cells[0], c, peak) {
			break
		}
		names = append(names, c.server.Name)
	}
	if len(names) < 2 {
		return ""
	}
	return fmt.Sprintf("%s are within the noise band of each other at the top, and no server was the limit: something that they share may be", strings.Join(names, ", "))
}

// bandBetween is the noise band of two cells by their own spread.
func (v *view) bandBetween(a, b *cell, value func(sample) (float64, bool)) float64 {
	x, y := a.values(value), b.values(value)
	band := stats.PooledSpread([][]float64{x, y}).NoiseBand(len(x), len(y))
	if math.IsInf(band, 1) {
		return stats.LeastBand
	}
	return band
}

// sharedLoaderCeiling tells whether the loader was the limit of every cell, and
// at how much of its own ceiling of threads ÷ D_L the lowest was, D_L being its
// work per request.
func sharedLoaderCeiling(cells []*cell) (float64, bool) {
	lowest := math.Inf(1)
	for _, c := range cells {
		if c.bottleneck() != results.LimitLoader {
			return 0, false
		}
		// X · D_L ÷ threads is the share of the time that a loader's thread works.
		e := c.median(func(s sample) (float64, bool) {
			n, ok := loaderCores(s)
			threads := 0
			for i := range s.trial.Loaders {
				threads += cmp.Or(s.trial.Loaders[i].ThreadsUsed, s.trial.Loaders[i].Threads)
			}
			return n / float64(max(threads, 1)), ok
		})
		if e.Kind == stats.None {
			return 0, false
		}
		lowest = min(lowest, e.Value)
	}
	return min(lowest, 1), lowest >= 1-nearCeiling
}
