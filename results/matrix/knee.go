package matrix

import (
	"fmt"
	"strconv"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/results/table"
)

// searchText returns the rate as tables show it, or why there is none.
func (v *view) searchText(h *cells.Searches, in scale) (text, why string) {
	if len(h.Confirmed) > 0 {
		e, atLeast := h.Rate()
		if text = v.estimate(in, e); atLeast {
			text = v.mark(cells.LowerRate, text)
		}
		return text + v.searchRemarks(h), h.Stop()
	}
	switch {
	case len(h.Refused) > 0:
		return v.mark(cells.RefusedRate), h.Refused[0]
	case len(h.NoRate) > 0:
		return v.mark(cells.NoRateKept), h.NoRate[0]
	case len(h.Unclear) > 0:
		return v.mark(cells.UnclearRate), h.Unclear[0]
	case len(h.Candidates) > 0 && len(h.Voids) == 0:
		return v.mark(cells.UnconfirmedRate), ""
	}
	return v.drawing.Absent(h.Absent), h.Why
}

// searchRemarks counts the trials without a rate.
func (v *view) searchRemarks(h *cells.Searches) string {
	text := ""
	for _, kind := range []struct {
		trials []string
		words  string
	}{{h.NoRate, "found none"}, {h.Unclear, "unclear"}, {h.Refused, "not confirmed"}, {h.Voids, "void"}} {
		if n := len(kind.trials); n > 0 {
			text += v.mark(cells.WithoutRate, strconv.Itoa(n), kind.words)
		}
	}
	return text
}

// searchTables writes the highest rates of each table that has an objective.
func (v *view) searchTables(p *page) {
	for _, t := range v.Run.Plan.Tables {
		if t.Objective == nil {
			continue
		}
		p.section(fmt.Sprintf("## %s: the highest rate that keeps %s", title(t), t.Objective),
			fmt.Sprintf("%s, corrected latency, windows of %s or longer, n = %d; medians over trials.",
				loadInWords(t), duration(t.OpenDurationNS), t.Trials), v.searchTable(t))
		p.line("")
		p.items([]string{
			fmt.Sprintf("Each trial searches on a process of its own: rates double, from a quarter of that process's closed-loop peak, then the interval is halved until its ends are 3 %% apart; a rate that misses is asked for twice. A rate is kept when no request fails, %s of what was offered is answered in the window, and the percentile, with %d samples beyond it, lies below the bound.", percentage(v.Run.Plan.Limits().KeptRate), stats.SamplesBeyond),
			"What was found is then held against a fresh process in windows four times as long, and lowered by 5 % as long as it misses: that confirmed rate is the table's.",
		})
	}
}

// searches returns the searches of the table's servers, and the scale of their
// rates.
func (v *view) searches(t results.PlanTable) (list []*cells.Searches, in scale) {
	list = each(v.servers, func(s results.Server) *cells.Searches { return v.Searches(t, s) })
	return list, rates(v.RateUnit(t), values(each(list, func(h *cells.Searches) stats.Estimate {
		e, _ := h.Rate()
		return e
	}))...)
}

// searchTable returns one line a server.
func (v *view) searchTable(t results.PlanTable) *table.Table {
	searches, in := v.searches(t)
	achieved := func(s *results.SearchStep) (float64, bool) { return s.Achieved, true }
	latency := func(s *results.SearchStep) (float64, bool) {
		if s.LatencyNS == nil {
			return 0, false
		}
		return float64(*s.LatencyNS), true
	}
	time := latencies(values(each(searches, func(h *cells.Searches) stats.Estimate { return h.AtRate(latency) }))...)
	out := &table.Table{Head: []string{
		"server", "highest rate, " + in.unit, "achieved ÷ offered", t.Objective.Percentile + " there, " + time.unit,
		"confirmed", "found before", "what stopped it",
	}, Left: 1, WordsLast: true}
	for _, h := range searches {
		text, why := v.searchText(h, in)
		line := []string{h.Server.Name, text, "", "", "", "", why}
		if len(h.Confirmed) > 0 {
			line[2], line[3] = strconv.FormatFloat(h.AtRate(achieved).Value*100, 'f', 1, 64)+" %", v.estimate(time, h.AtRate(latency))
			line[4] = fmt.Sprintf("%d of %d", len(h.Confirmed), len(h.Confirmed)+len(h.Refused))
			if n := h.Lowered(); n > 0 {
				line[4] += fmt.Sprintf(", %d lowered", n)
			}
		}
		if len(h.Candidates) > 0 {
			line[5] = v.estimate(in, stats.Median(h.Candidates))
		}
		out.Add(line...)
	}
	return out
}

// searchColumn returns the highest rate of each server for the headline.
func (v *view) searchColumn(t results.PlanTable, name string) headlineColumn {
	searches, in := v.searches(t)
	return headlineColumn{fmt.Sprintf("%s highest rate, %s, %s", name, t.Objective, in.unit), each(searches, func(h *cells.Searches) string {
		text, _ := v.searchText(h, in)
		return text
	})}
}
