package matrix

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

// placebo is an A/A pair: one server, entered twice. The copy has a place in no
// table and in no family of comparisons.
type placebo struct {
	// name is "copy ÷ original".
	name   string
	ratios []placeboRatio
}

// placeboRatio is the copy's peak over the original's in a table.
type placeboRatio struct {
	closedTable
	cells.Equal
}

func (v *view) placebos() []placebo {
	var out []placebo
	for _, s := range v.Run.Servers {
		original := v.Run.Server(s.PlaceboOf)
		if s.PlaceboOf == "" || original == nil {
			continue
		}
		pair := placebo{name: s.Name + " ÷ " + original.Name}
		for _, t := range v.closed {
			if e, ok := v.Equal(t.PlanTable, s); ok {
				pair.ratios = append(pair.ratios, placeboRatio{t, e})
			}
		}
		out = append(out, pair)
	}
	return out
}

// placeboItems returns one line an A/A pair.
func (v *view) placeboItems() []string {
	return each(v.placebos(), func(p placebo) string {
		text := ""
		for _, r := range p.ratios {
			text += fmt.Sprintf("; %s: %s, n = %d%s", title(r.PlanTable), ratio(r.Ratio), r.N, r.bandNote())
		}
		return fmt.Sprintf("%s, the same server twice, in peak throughput%s. What differs from 1 here is noise.", p.name, cmp.Or(text, "; not measured yet"))
	})
}

// placeboWords says whether the A/A pairs stayed within the noise bands; empty
// without a pair that has a band.
func (v *view) placeboWords() string {
	inside := 0
	var outside []string
	for _, p := range v.placebos() {
		for _, r := range p.ratios {
			switch band := r.peaks.noiseBand(); {
			case math.IsInf(band, 1):
			case stats.Outside(r.Value, band):
				outside = append(outside, fmt.Sprintf("%s in %s, %s", p.name, r.Scenario, ratio(r.Ratio)))
			default:
				inside++
			}
		}
	}
	switch {
	case inside+len(outside) == 0:
		return ""
	case len(outside) == 0:
		return "; the same server, measured twice, differs by less in " + results.Counted(inside, "table")
	}
	return "; the same server, measured twice, differs by MORE: " + strings.Join(outside, "; ")
}

// bandNote says whether the ratio lies in the table's noise band; empty where
// there is none.
func (r *placeboRatio) bandNote() string {
	band, where := r.peaks.noiseBand(), ", inside"
	if math.IsInf(band, 1) {
		return ""
	}
	if stats.Outside(r.Value, band) {
		where = ", OUTSIDE"
	}
	return where + " the noise band of " + percentage(band)
}
