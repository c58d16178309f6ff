package matrix

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

// verdict returns the value as the cell's verdict lets it be shown (METHOD.md §3).
func (v *view) verdict(c *cells.Cell, e stats.Estimate, in scale, clients int) string {
	x := in.text(e.Value)
	bound, bounded := c.Upper(e.Value)
	switch c.Bottleneck() {
	case results.LimitServer:
		return x
	case results.LimitBalanced:
		if bounded {
			return v.mark(cells.BetweenPeaks, x, in.text(bound))
		}
		return v.mark(cells.NoUpperPeak, x)
	case results.LimitLoader:
		x = v.mark(cells.LowerPeak, x)
		if bounded {
			x += v.mark(cells.ImpliedPeak, in.text(bound))
		}
		return x
	case results.LimitConnections:
		return v.mark(cells.AtClients, x, clientsUsed(c, clients))
	case results.LimitSharedCPU:
		return v.mark(cells.SharedCPUs, x)
	}
	return v.mark(cells.UnknownLimit, x)
}

// remarks follows a value: how many trials are void or missing.
func (v *view) remarks(c *cells.Cell) string {
	if n := len(c.Voids); n > 0 {
		return v.mark(cells.SomeVoid, voidShare(c))
	}
	if len(c.Valid) != c.Planned {
		return v.mark(cells.FewerTrials, len(c.Valid))
	}
	return ""
}

func voidShare(c *cells.Cell) string {
	return fmt.Sprintf("%d of %d void", len(c.Voids), len(c.Voids)+len(c.Valid))
}

// peakScale returns the common scale of the cells' peaks.
func (v *view) peakScale(t results.PlanTable, list []*cells.Cell) scale {
	peaks := values(each(list, func(c *cells.Cell) stats.Estimate { return c.Median(c.Work) }))
	if v.Bandwidth(t) {
		return bandwidths(peaks...)
	}
	return rates(v.RateUnit(t), peaks...)
}

// commonScale returns the scale of the peaks of several tables of one unit: thousands only where the smallest has as many.
func commonScale(tables []closedTable) scale {
	var peaks []float64
	in := scale{per: 1, unit: "req/s"}
	for _, t := range tables {
		peaks = append(peaks, values(each(t.cells, func(c *cells.Cell) stats.Estimate { return c.Median(c.Work) }))...)
		in = t.in
	}
	if in.bytes {
		return bandwidths(peaks...)
	}
	if len(peaks) > 0 && slices.Min(peaks) < 1e3 {
		return rates(in.unit)
	}
	return rates(in.unit, peaks...)
}

// peakTexts returns the peak of each server with its marks.
func (v *view) peakTexts(t closedTable, in scale) []string {
	return v.texts(t.cells, func(i int, c *cells.Cell) string {
		e := c.Median(c.Work)
		return v.verdict(c, e, in, t.Clients) + v.spread(in, e) + t.peaks.mark(i) + v.remarks(c)
	})
}

// shortPeaks is peakTexts without the intervals where there are many servers.
func (v *view) shortPeaks(t closedTable) []string {
	if len(v.servers) <= mostColumns {
		return v.peakTexts(t, t.in)
	}
	return v.texts(t.cells, func(i int, c *cells.Cell) string {
		return v.verdict(c, c.Median(c.Work), t.in, t.Clients) + t.peaks.mark(i) + v.remarks(c)
	})
}

// nearCeiling is how near the loader's own ceiling 1/D_L all cells of a table
// must be for it to be their common limit.
const nearCeiling = 0.1

// ceiling says why a table's best cells seem to share a ceiling: several are
// within the noise band of the best, and no server of them was the limit; or
// the loader was the limit of all, near its own ceiling. Empty where neither
// holds.
func ceiling(all []*cells.Cell) string {
	list := slices.DeleteFunc(slices.Clone(all), func(c *cells.Cell) bool { return len(c.Valid) == 0 })
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
	return fmt.Sprintf("%s are within the noise band of each other at the top, and no server was the limit: something that they share may be", results.Listed(names, "and"))
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
