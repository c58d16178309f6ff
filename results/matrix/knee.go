package matrix

import (
	"cmp"
	"fmt"
	"math"
	"strconv"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// hunt is what a server's searches for the highest rate that keeps the table's
// objective came to.
type hunt struct {
	server results.Server
	// found are rates before their confirmation, in req/s.
	found []float64
	// confirmed are the trials that confirmed a rate.
	confirmed []*results.Trial
	// none are the reasons of searches that found no rate, untold those of
	// searches that could not begin, or whose loader was late at every rate,
	// refused those of confirmations that held none, voids those of void trials.
	none, untold, refused, voids []string
	interrupted                  int
}

func (v *view) hunt(t results.PlanTable, s results.Server) *hunt {
	h := &hunt{server: s}
	for i := range v.run.Trials {
		trial := &v.run.Trials[i]
		if trial.Server != s.Name || trial.Scenario != t.Scenario || trial.Protocol != t.Protocol || trial.Kind == results.TrialScout {
			continue
		}
		switch trial.State {
		case results.TrialOK:
			h.take(trial)
		case results.TrialVoid:
			h.voids = append(h.voids, cmp.Or(trial.Reason, "no reason was stored"))
		case results.TrialInterrupted:
			h.interrupted++
		}
	}
	return h
}

func (h *hunt) take(trial *results.Trial) {
	s := trial.Search
	switch confirms := trial.Kind == results.TrialConfirm; {
	case s == nil:
	case s.KeptRPS == nil && confirms:
		h.refused = append(h.refused, s.Stop)
	case s.KeptRPS == nil && (len(s.Steps) == 0 || s.AtLeast):
		h.untold = append(h.untold, s.Stop)
	case s.KeptRPS == nil:
		h.none = append(h.none, s.Stop)
	case confirms:
		h.confirmed = append(h.confirmed, trial)
	default:
		h.found = append(h.found, *s.KeptRPS)
	}
}

// over is the median over the confirming trials of what value gives.
func (h *hunt) over(value func(*results.Search) (float64, bool)) stats.Estimate {
	var values []float64
	for _, trial := range h.confirmed {
		if x, ok := value(trial.Search); ok {
			values = append(values, x)
		}
	}
	return stats.Median(values)
}

func keptRate(s *results.Search) (float64, bool) { return *s.KeptRPS, true }

// rate is the confirmed rate; atLeast where the trials that something else than
// the server ended could only raise it.
func (h *hunt) rate() (e stats.Estimate, atLeast bool) {
	e = h.over(keptRate)
	open := h.over(func(s *results.Search) (float64, bool) {
		if s.AtLeast {
			return math.MaxFloat64, true
		}
		return keptRate(s)
	})
	return e, open.Value != e.Value
}

// text is the rate as tables show it, or why there is none.
func (h *hunt) text(v *view, t results.PlanTable, in scale) (text, why string) {
	if len(h.confirmed) > 0 {
		e, atLeast := h.rate()
		if text = in.text(e.Value) + in.spread(e); atLeast {
			text = "≥ " + text
		}
		return text + h.remarks(), h.stop(e.Value)
	}
	switch {
	case len(h.refused) > 0:
		return "— not confirmed", h.refused[0]
	case len(h.none) > 0:
		return "— none", h.none[0]
	case len(h.untold) > 0:
		return "— not told", h.untold[0]
	case len(h.found) > 0 && len(h.voids) == 0:
		return "— not confirmed yet", ""
	}
	absent, why := v.missing(t, h.server, h.voids, tally{interrupted: h.interrupted})
	return absent.String(), why
}

// remarks tells of trials without a rate.
func (h *hunt) remarks() string {
	text := ""
	for _, kind := range []struct {
		what string
		n    int
	}{{"found none", len(h.none)}, {"not told", len(h.untold)}, {"not confirmed", len(h.refused)}, {"void", len(h.voids)}} {
		if kind.n > 0 {
			text += fmt.Sprintf("; %d %s", kind.n, kind.what)
		}
	}
	return text
}

// stop is what stopped the trial whose rate is nearest to the median.
func (h *hunt) stop(median float64) string {
	best, stop := math.Inf(1), ""
	for _, trial := range h.confirmed {
		if d := math.Abs(*trial.Search.KeptRPS - median); d < best {
			best, stop = d, trial.Search.Stop
		}
	}
	return stop
}

// lowered is how many confirmations had to step down.
func (h *hunt) lowered() (n int) {
	for _, trial := range h.confirmed {
		if len(trial.Search.Steps) > 1 {
			n++
		}
	}
	return n
}

// searchTables writes the highest rates of each table that has an objective.
func (v *view) searchTables(p *page) {
	for _, t := range v.run.Plan.Tables {
		if t.Objective == nil {
			continue
		}
		p.section(fmt.Sprintf("## %s, %s: the highest rate that keeps %s", escape(t.Scenario), escape(t.Protocol), escape(t.Objective.String())),
			fmt.Sprintf("Loader: %s; %s, %s arrivals, corrected latency, windows of %s or longer, n = %d; medians over trials.",
				escape(v.loader()), whichClients(t), escape(cmp.Or(t.Arrivals(), "constant")), duration(t.OpenDurationNS), t.Trials), v.searchTable(t))
		p.line("\n- Each trial searches on a process of its own: rates double, from a quarter of that process's closed-loop peak, then the interval is halved until its ends are 3 %% apart; a rate that misses is asked for twice. A rate is kept when no request fails, 99 %% of what was offered is answered in the window, and the percentile, with 10 samples beyond it, lies below the bound.")
		p.line("- What was found is then held against a fresh process in windows four times as long, and lowered by 5 %% as long as it misses: that confirmed rate is the table's. `≥`: the loader, or the highest rate asked for, ended the search. `— none`: even the lowest rate missed. `— not told`: the loader itself was late at every rate, or no rate could be asked for that would tell.")
	}
}

// searchTable is one row a server.
func (v *view) searchTable(t results.PlanTable) *table {
	hunts := make([]*hunt, len(v.columns))
	var rps, ns []float64
	latency := func(s *results.Search) (float64, bool) {
		if step := s.Kept(); step != nil && step.LatencyNS != nil {
			return float64(*step.LatencyNS), true
		}
		return 0, false
	}
	for i, s := range v.columns {
		hunts[i] = v.hunt(t, s)
		if e := hunts[i].over(keptRate); e.Kind != stats.None {
			rps = append(rps, e.Value)
			ns = append(ns, hunts[i].over(latency).Value)
		}
	}
	in, time := rates(rps...), latencies(ns...)
	out := &table{head: []string{
		"server", "highest rate, " + in.unit, "achieved ÷ offered", t.Objective.Percentile + " there, " + time.unit,
		"confirmed", "found before", "what stopped it",
	}, left: 1, wordsLast: true}
	for _, h := range hunts {
		text, why := h.text(v, t, in)
		row := []string{h.server.Name, text, "", "", "", "", cmp.Or(why, "—")}
		if len(h.confirmed) > 0 {
			kept := h.over(func(s *results.Search) (float64, bool) {
				if step := s.Kept(); step != nil {
					return step.Achieved, true
				}
				return 0, false
			})
			row[2], row[3] = strconv.FormatFloat(kept.Value*100, 'f', 1, 64)+" %", time.estimate(h.over(latency))
			row[4] = fmt.Sprintf("%d of %d", len(h.confirmed), len(h.confirmed)+len(h.refused))
			if n := h.lowered(); n > 0 {
				row[4] += fmt.Sprintf(", %d lowered", n)
			}
		}
		if len(h.found) > 0 {
			row[5] = in.estimate(stats.Median(h.found))
		}
		out.add(row...)
	}
	return out
}

// searchColumn is the found rate of each server for the headline.
func (v *view) searchColumn(t results.PlanTable, name string) headlineColumn {
	var rps []float64
	hunts := make([]*hunt, len(v.columns))
	for i, s := range v.columns {
		hunts[i] = v.hunt(t, s)
		if e := hunts[i].over(keptRate); e.Kind != stats.None {
			rps = append(rps, e.Value)
		}
	}
	in := rates(rps...)
	out := headlineColumn{title: fmt.Sprintf("%s highest rate, %s, %s", name, t.Objective, in.unit)}
	for _, h := range hunts {
		text, _ := h.text(v, t, in)
		out.cells = append(out.cells, text)
	}
	return out
}

// voidHunt says why what was found could not be confirmed, where every trial
// that should have is void.
func (v *view) voidHunt(t results.PlanTable, s results.Server) string {
	if t.Objective == nil {
		return ""
	}
	h := v.hunt(t, s)
	if len(h.voids) == 0 || len(h.found) == 0 || len(h.confirmed)+len(h.refused) > 0 {
		return ""
	}
	return h.voids[0]
}
