package matrix

import (
	"fmt"
	"math"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// placebo is one line an A/A pair: the copy's peak over the original's. The copy
// has a place in no table and in no family of comparisons.
func (v *view) placebo() []string {
	var items []string
	for _, s := range v.Run.Servers {
		original := v.Run.Server(s.PlaceboOf)
		if s.PlaceboOf == "" || original == nil {
			continue
		}
		text := ""
		for _, t := range v.Run.Plan.Tables {
			if r, n := v.placeboRatio(t, s, *original); n > 0 {
				text += fmt.Sprintf("; %s, %s: %s, n = %d%s", t.Scenario, t.Protocol, ratio(r), n, v.besideBand(t, r))
			}
		}
		if text == "" {
			text = "; not measured yet"
		}
		items = append(items, escape(fmt.Sprintf("%s ÷ %s, the same server twice, in peak throughput%s. What differs from 1 here is noise.", s.Name, original.Name, text)))
	}
	return items
}

// placeboRatio is the copy's peak over the original's, and the smaller number
// of trials; 0 trials where there is no ratio.
func (v *view) placeboRatio(t results.PlanTable, copied, original results.Server) (stats.Ratio, int) {
	if !t.Closed {
		return stats.Ratio{}, 0
	}
	peaks := func(s results.Server) []float64 {
		c := v.Closed(t, s)
		return c.Values(c.Work)
	}
	a, b := peaks(original), peaks(copied)
	r, ok := stats.HodgesLehmann(a, b)
	if !ok {
		return r, 0
	}
	return r, min(len(a), len(b))
}

// besideBand says whether the ratio lies in the table's noise band; empty where
// there is none.
func (v *view) besideBand(t results.PlanTable, r stats.Ratio) string {
	c := v.peakContest(t, v.closedCells(t))
	n := c.claims.Trials()
	band := c.claims.Spread.NoiseBand(n, n)
	switch {
	case math.IsInf(band, 1):
		return ""
	case stats.Outside(r.Value, band):
		return ", OUTSIDE the noise band of " + percentage(band)
	}
	return ", inside the noise band of " + percentage(band)
}
