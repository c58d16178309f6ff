package matrix

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

// nearCeiling is how near the loader's own ceiling 1/D_L all cells of a table
// must be for it to be their common limit.
const nearCeiling = 0.1

// ceilings names the tables whose best cells share a ceiling that is probably
// not their own, each with the reason.
func (v *view) ceilings() []string {
	var items []string
	for _, t := range v.closed {
		if t.ceiling != "" {
			items = append(items, title(t.PlanTable)+": "+t.ceiling)
		}
	}
	return items
}

// ceiling says why the row's best cells seem to share a ceiling: several are
// within the noise band of the best, and no server of them was the limit; or
// the loader was the limit of all, near its own ceiling. Empty where neither
// holds.
func ceiling(row []*cells.Cell) string {
	list := slices.DeleteFunc(slices.Clone(row), func(c *cells.Cell) bool { return len(c.Valid) == 0 })
	if len(list) < 2 {
		return ""
	}
	peak := func(c *cells.Cell) float64 { return c.Median(c.Work).Value }
	slices.SortStableFunc(list, func(a, b *cells.Cell) int { return cmp.Compare(peak(b), peak(a)) })
	if own, ok := sharedLoaderCeiling(list); ok {
		return fmt.Sprintf("the loader was the limit of all %d servers, each at %s or more of its own ceiling 1/D_L (D_L: its work per request): what differs is this loader's cost, not the servers", len(list), percentage(own))
	}
	var names []string
	for _, c := range list {
		if c.Bottleneck() == results.LimitServer || peak(list[0])/peak(c) > 1+bandBetween(list[0], c) {
			break
		}
		names = append(names, c.Server.Name)
	}
	if len(names) < 2 {
		return ""
	}
	return fmt.Sprintf("%s are within the noise band of each other at the top, and no server was the limit: something that they share may be", strings.Join(names, ", "))
}

// bandBetween returns the noise band of two cells by their own spread.
func bandBetween(a, b *cells.Cell) float64 {
	x, y := a.Values(a.Work), b.Values(b.Work)
	band := stats.PooledSpread([][]float64{x, y}).NoiseBand(len(x), len(y))
	if math.IsInf(band, 1) {
		return stats.LeastBand
	}
	return band
}

// sharedLoaderCeiling reports whether the loader was the limit of every cell,
// near its own ceiling of threads ÷ D_L, D_L being its work per request. It
// returns the lowest cell's share of that ceiling.
func sharedLoaderCeiling(list []*cells.Cell) (float64, bool) {
	lowest := math.Inf(1)
	for _, c := range list {
		e := c.Median(cells.LoaderCeiling)
		if c.Bottleneck() != results.LimitLoader || e.Kind == stats.None {
			return 0, false
		}
		lowest = min(lowest, e.Value)
	}
	return min(lowest, 1), lowest >= 1-nearCeiling
}
