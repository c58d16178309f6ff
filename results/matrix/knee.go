package matrix

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

// searchText is the rate as tables show it, or why there is none.
func searchText(h *cells.Search, in scale) (text, why string) {
	if len(h.Confirmed) > 0 {
		e, atLeast := h.Rate()
		if text = in.estimate(e); atLeast {
			text = "≥ " + text
		}
		return text + searchRemarks(h), h.Stop()
	}
	switch {
	case len(h.Refused) > 0:
		return "— not confirmed", h.Refused[0]
	case len(h.NoRate) > 0:
		return "— none", h.NoRate[0]
	case len(h.Unclear) > 0:
		return "— not told", h.Unclear[0]
	case len(h.Candidates) > 0 && len(h.Voids) == 0:
		return "— not confirmed yet", ""
	}
	return absent(h.Absent), h.Why
}

// searchRemarks names trials without a rate.
func searchRemarks(h *cells.Search) string {
	text := ""
	for _, kind := range []struct {
		what string
		n    int
	}{{"found none", len(h.NoRate)}, {"not told", len(h.Unclear)}, {"not confirmed", len(h.Refused)}, {"void", len(h.Voids)}} {
		if kind.n > 0 {
			text += fmt.Sprintf("; %d %s", kind.n, kind.what)
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
		p.section(fmt.Sprintf("## %s, %s: the highest rate that keeps %s", escape(t.Scenario), escape(t.Protocol), escape(t.Objective.String())),
			fmt.Sprintf("Loader: %s; %s, %s arrivals, corrected latency, windows of %s or longer, n = %d; medians over trials.",
				escape(v.loader()), whichClients(t), escape(cmp.Or(t.Arrivals(), "constant")), duration(t.OpenDurationNS), t.Trials), v.searchTable(t))
		p.line("\n- Each trial searches on a process of its own: rates double, from a quarter of that process's closed-loop peak, then the interval is halved until its ends are 3 %% apart; a rate that misses is asked for twice. A rate is kept when no request fails, %s of what was offered is answered in the window, and the percentile, with %d samples beyond it, lies below the bound.", percentage(v.Run.Plan.Limits().KeptRate), stats.SamplesBeyond)
		p.line("- What was found is then held against a fresh process in windows four times as long, and lowered by 5 %% as long as it misses: that confirmed rate is the table's. `≥`: the loader, or the highest rate asked for, ended the search. `— none`: even the lowest rate missed. `— not told`: the loader itself was late at every rate, or no rate could be asked for that would tell.")
	}
}

// searches are those of the table's servers, and the scale of their rates.
func (v *view) searches(t results.PlanTable) (list []*cells.Search, in scale) {
	var rps []float64
	for _, s := range v.columns {
		h := v.Search(t, s)
		list = append(list, h)
		if e, _ := h.Rate(); e.Kind != stats.None {
			rps = append(rps, e.Value)
		}
	}
	return list, rates(rps...)
}

// searchTable is one row a server.
func (v *view) searchTable(t results.PlanTable) *table {
	searches, in := v.searches(t)
	var ns []float64
	latency := func(s *results.Search) (float64, bool) {
		if step := s.Kept(); step != nil && step.LatencyNS != nil {
			return float64(*step.LatencyNS), true
		}
		return 0, false
	}
	for _, h := range searches {
		if len(h.Confirmed) > 0 {
			ns = append(ns, h.Over(latency).Value)
		}
	}
	time := latencies(ns...)
	out := &table{head: []string{
		"server", "highest rate, " + in.unit, "achieved ÷ offered", t.Objective.Percentile + " there, " + time.unit,
		"confirmed", "found before", "what stopped it",
	}, left: 1, wordsLast: true}
	for _, h := range searches {
		text, why := searchText(h, in)
		row := []string{h.Server.Name, text, "", "", "", "", cmp.Or(why, "—")}
		if len(h.Confirmed) > 0 {
			kept := h.Over(func(s *results.Search) (float64, bool) {
				if step := s.Kept(); step != nil {
					return step.Achieved, true
				}
				return 0, false
			})
			row[2], row[3] = strconv.FormatFloat(kept.Value*100, 'f', 1, 64)+" %", time.estimate(h.Over(latency))
			row[4] = fmt.Sprintf("%d of %d", len(h.Confirmed), len(h.Confirmed)+len(h.Refused))
			if n := h.Lowered(); n > 0 {
				row[4] += fmt.Sprintf(", %d lowered", n)
			}
		}
		if len(h.Candidates) > 0 {
			row[5] = in.estimate(stats.Median(h.Candidates))
		}
		out.add(row...)
	}
	return out
}

// searchColumn is the found rate of each server for the headline.
func (v *view) searchColumn(t results.PlanTable, name string) headlineColumn {
	searches, in := v.searches(t)
	out := headlineColumn{title: fmt.Sprintf("%s highest rate, %s, %s", name, t.Objective, in.unit)}
	for _, h := range searches {
		text, _ := searchText(h, in)
		out.cells = append(out.cells, text)
	}
	return out
}

// voidSearch says why what was found could not be confirmed, where every trial
// that should have is void.
func (v *view) voidSearch(t results.PlanTable, s results.Server) string {
	if t.Objective == nil {
		return ""
	}
	h := v.Search(t, s)
	if len(h.Voids) == 0 || len(h.Candidates) == 0 || len(h.Confirmed)+len(h.Refused) > 0 {
		return ""
	}
	return h.Voids[0]
}
