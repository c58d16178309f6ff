package plan

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
)

// checkTogether checks combinations of settings.
func (r *resolver) checkTogether(p *results.Plan) {
	for i := range p.Tables {
		r.checkClients(&p.Tables[i])
		r.checkObjective(p, &p.Tables[i])
		r.checkTool(&p.Tables[i])
	}
	r.checkRates(p)
	if len(r.problems) > 0 {
		return // the checks below would repeat these
	}
	if len(p.Tables) == 0 {
		r.problems.add(place{}, "nothing to measure is left: no scenario of the plan allows the loops and protocols asked for")
		return
	}
	r.checkRunnable(p)
}

func (r *resolver) checkClients(t *results.PlanTable) {
	limit, fewest, most, from := r.cat.Connections, t.Clients, t.Clients, r.clientsOf(r.specOf(t))
	if t.Sweep != nil {
		fewest = t.Sweep.Clients[0]
		if !t.Sweep.Auto {
			most = slices.Max(t.Sweep.Clients)
		}
	}
	if most = max(most, fewest); limit.Max != 0 && most > limit.Max {
		text := fmt.Sprintf("%d clients are more than the %d connections possible here", most, max(0, limit.Max))
		if limit.Reason != "" {
			text += ": " + limit.Reason
		}
		if limit.Remedy != "" {
			text += "; raise it with: " + limit.Remedy
		}
		r.problems.add(from.at, "%s", text)
	}
	for _, s := range []setting[int]{threadsSetting, loadersSetting} {
		n, what := s.in(r.flags, r.doc.layer), s.Key
		r.problems.when(n.val > fewest, n.at, "more %s than clients: %d %s would share the %d clients of %s; lower %s or raise clients",
			what, n.val, what, fewest, t.Scenario, what)
	}
	r.problems.when(t.Sweep != nil && !t.Closed, from.at,
		"several numbers of clients are compared in the closed loop, which %s has not here; add closed to its modes or give one number", t.Scenario)
	if own := r.cat.Scenario(t.Scenario).Clients; clientsSetting.in(r.flags).set && own > 0 && own != t.Clients && t.Sweep == nil {
		r.warn(fmt.Sprintf("%s runs with %d clients as --clients says; its own number is %d", t.Scenario, t.Clients, own))
	}
	if t.MinCompletions > 0 && t.WarmupNS == 0 {
		r.warn(fmt.Sprintf("%s has no warm-up from whose rate its window could be stretched to %d completions", t.Scenario, t.MinCompletions))
	}
}

// checkRates finds the peaks for ladders with shares of a peak and no closed loop.
func (r *resolver) checkRates(p *results.Plan) {
	opened, used := false, false
	for i := range p.Tables {
		t := &p.Tables[i]
		opened = opened || len(t.Rates) > 0
		if shares := peakShares(t); !t.Closed && shares != "" {
			used = used || r.peaks != nil
			r.takePeaks(p, t, shares)
		}
	}
	rates := ratesSetting.in(r.flags)
	r.problems.when(rates.set && !opened && len(p.Tables) > 0 && r.tool == nil, rates.at,
		"no table of the plan has an open loop that could take a rate; add --mode closed,open")
	if r.peaks != nil && !used {
		r.warn("--peaks is not used: each ladder with fractions of a peak finds its own in its closed loop")
	}
}

// peakShares lists the rates of the table that are shares of a peak.
func peakShares(t *results.PlanTable) string {
	var names []string
	for _, x := range t.Rates {
		if x.Kind == results.RateFraction {
			names = append(names, strings.TrimPrefix(x.PhaseName(), "open "))
		}
	}
	if t.RampToFraction > 0 {
		names = append(names, t.Arrivals())
	}
	return strings.Join(names, ", ")
}

func (r *resolver) takePeaks(p *results.Plan, t *results.PlanTable, shares string) {
	if r.peaks == nil {
		r.problems.add(r.modesPlace(t), "%s is open loop only, and %s are shares of a peak that no closed loop finds; add the closed loop, give absolute rates such as 20000, or name an earlier run with --peaks RUN", t.Scenario, shares)
		return
	}
	for _, e := range p.Entries {
		if !r.cat.Runnable(e, *t) {
			continue
		}
		peak, ok := r.peaks[PeakKey{e.As, t.Scenario, t.Protocol}]
		if !ok {
			peak, ok = r.peaks[PeakKey{e.Server, t.Scenario, t.Protocol}]
		}
		at := flagPlace("peaks")
		switch {
		case !ok:
			r.problems.add(at, "that run has no peak of %s for %s (%s); run its closed loop first, or give absolute rates such as 20000", e.As, t.Scenario, t.Protocol)
		case math.IsNaN(peak) || math.IsInf(peak, 0) || peak <= 0:
			r.problems.add(at, "the peak of %s for %s (%s) in that run is %v, no rate to take a share of", e.As, t.Scenario, t.Protocol, peak)
		default:
			p.Peaks = append(p.Peaks, results.PlanPeak{Server: e.As, Scenario: t.Scenario, Protocol: t.Protocol, PeakRPS: peak})
		}
	}
}

// modesPlace returns the place of the table's modes.
func (r *resolver) modesPlace(t *results.PlanTable) place {
	s := r.specOf(t)
	return modesSetting.in(r.layers(s)...).or(opt[[]name]{at: s.at}).at
}

// specOf returns the spec from which the table was made.
func (r *resolver) specOf(t *results.PlanTable) spec {
	return r.specs[slices.IndexFunc(r.specs, func(s spec) bool { return s.row.Name == t.Scenario })]
}

// checkRunnable refuses a plan without any cell that can be measured here.
func (r *resolver) checkRunnable(p *results.Plan) {
	var reasons []string
	for _, t := range p.Tables {
		for _, e := range p.Entries {
			why := r.cat.WhyNot(e, t)
			if why == "" {
				return
			}
			if len(reasons) < 8 {
				reasons = append(reasons, e.As+": "+t.Scenario+": "+why)
			}
		}
	}
	r.problems.add(place{}, "nothing of the plan can be measured here (%s)", strings.Join(reasons, "; "))
}

// warnUnmeasured warns of tables in which no server can be measured.
func (r *resolver) warnUnmeasured(p results.Plan) {
	for _, t := range p.Tables {
		if len(runnableEntries(p, t, r.cat.Runnable)) == 0 {
			r.warn(fmt.Sprintf("no server of the plan can be measured on %s (%s)", t.Scenario, t.Protocol))
		}
	}
	if n := threadsSetting.of(r.flags, r.doc.layer); n > max(1, r.cat.LoaderCPUs) {
		r.warn(fmt.Sprintf("%d loader threads share %d processors", n, max(1, r.cat.LoaderCPUs)))
	}
}
