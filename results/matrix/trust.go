package matrix

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

// trust is what a reader should know before any number: noise, limits, loader
// headroom, void cells, what disturbed the run, the machine, shared ceilings.
// Three to six sentences, escaped.
func (v *view) trust() []string {
	var out []string
	for _, s := range []string{v.trustNoise(), v.trustLimits(), v.trustVoid(), v.trustQuiet(), v.trustMachine(), v.trustCeiling()} {
		if s != "" {
			out = append(out, escape(s))
		}
	}
	return out
}

// trustNoise says which differences of peaks are noise, and which tables have
// the trials for claims.
func (v *view) trustNoise() string {
	var claiming, silent []string
	var bands []tableBand
	for _, t := range v.Run.Plan.Tables {
		if !t.Closed {
			continue
		}
		c := v.peakContest(t, v.closedCells(t))
		n := c.claims.Trials()
		if band := c.claims.Spread.NoiseBand(n, n); n > 0 && !math.IsInf(band, 1) {
			bands = append(bands, tableBand{t.Scenario, band, stats.TrialsToDetect(sought, c.claims.Spread, len(c.claims.Claims))})
		}
		switch {
		case c.decidable:
			claiming = append(claiming, t.Scenario)
		case len(c.claims.Claims) > 0:
			silent = append(silent, t.Scenario)
		}
	}
	if !slices.ContainsFunc(v.Run.Plan.Tables, func(t results.PlanTable) bool { return t.Closed }) {
		return "Noise: the plan has no closed loop, so there are no peaks to compare; that of latencies stands in wrk2_results.md."
	}
	if len(bands) == 0 {
		return "Noise: not known yet; a noise band needs two servers with two valid trials each."
	}
	out := "Noise: differences of peaks below " + bandWords(bands) + " mean nothing here; " + trialWords(bands)
	switch {
	case len(silent) == 0:
		return out + "; every table has the trials that claims need."
	case len(claiming) == 0:
		return out + "; no table has the trials that claims need, so nothing is ranked."
	}
	return out + "; too few trials for claims, and no ranks, in " + strings.Join(silent, ", ") + "."
}

// tableBand is the noise band of a scenario's peaks.
type tableBand struct {
	scenario string
	band     float64
	// trials is the n that finds the sought difference.
	trials int
}

// sought is the difference of peaks for which a page says how many trials would
// find it.
const sought = 0.05

// mostTrials is the number of trials beyond which nobody goes: how many more it
// would take is no help.
const mostTrials = 200

// trialWords names the fewest and the most trials that find the sought
// difference; bands are in rising order.
func trialWords(bands []tableBand) string {
	low, high := bands[0].trials, bands[len(bands)-1].trials
	for _, b := range bands {
		low, high = min(low, b.trials), max(high, b.trials)
	}
	switch {
	case low == 0:
		return fmt.Sprintf("in such noise no number of trials finds %g %%", sought*100)
	case low > mostTrials:
		return fmt.Sprintf("to find %g %% would take more than %d trials of each server", sought*100, mostTrials)
	case high > mostTrials:
		return fmt.Sprintf("to find %g %% takes %d to more than %d trials of each server", sought*100, low, mostTrials)
	case low == high:
		return fmt.Sprintf("to find %g %% takes %d trials of each server", sought*100, low)
	}
	return fmt.Sprintf("to find %g %% takes %d to %d trials of each server", sought*100, low, high)
}

// bandWords names the smallest and the largest band.
func bandWords(bands []tableBand) string {
	slices.SortStableFunc(bands, func(a, b tableBand) int { return cmp.Compare(a.band, b.band) })
	text := func(b tableBand) string { return fmt.Sprintf("%s (%s)", percentage(b.band), b.scenario) }
	low, high := bands[0], bands[len(bands)-1]
	if len(bands) == 1 {
		return text(low)
	}
	return text(low) + " to " + text(high)
}

// limitWords says what a bottleneck means for the number.
func limitWords() map[results.Bottleneck]string {
	return map[results.Bottleneck]string{
		results.LimitLoader:      "by the loader (lower bounds, unranked)",
		results.LimitBalanced:    "by both sides (an interval)",
		results.LimitConnections: "by neither (more clients may give more)",
		results.LimitSharedCPU:   "by CPUs that both sides share",
		results.LimitUnknown:     "by what no rule could tell",
	}
}

// trustLimits counts the closed-loop cells by what limited them.
func (v *view) trustLimits() string {
	count, total, mixed := map[results.Bottleneck]int{}, 0, 0
	for _, c := range v.closedValid() {
		count[c.Bottleneck()]++
		total++
		if !c.LimitedAlike() {
			mixed++
		}
	}
	if total == 0 {
		return ""
	}
	out := fmt.Sprintf("Limits: %d of %d closed-loop cells show the server's own peak", count[results.LimitServer], total)
	for _, b := range slices.Backward(cells.Caution()) {
		if n := count[b]; n > 0 && b != results.LimitServer {
			out += fmt.Sprintf("; %d limited %s", n, limitWords()[b])
		}
	}
	if mixed > 0 {
		out += fmt.Sprintf("; in %s some trials had another limit than the rest", plural(mixed, "cell"))
	}
	return out + v.headroom() + "."
}

// closedValid is every closed-loop cell with a valid trial.
func (v *view) closedValid() []cells.Cell {
	var out []cells.Cell
	for _, t := range v.Run.Plan.Tables {
		if !t.Closed {
			continue
		}
		for _, c := range v.closedCells(t) {
			if len(c.Valid) > 0 {
				out = append(out, c)
			}
		}
	}
	return out
}

// headroom says how much the loader had left where the server was the limit;
// empty where it never was.
func (v *view) headroom() string {
	var work []float64
	for _, c := range v.closedValid() {
		if e := c.Median(cells.LoaderShare); c.Bottleneck() == results.LimitServer && e.Kind != stats.None {
			work = append(work, e.Value)
		}
	}
	if len(work) == 0 {
		return ""
	}
	return fmt.Sprintf("; loader headroom where the server was the limit: the busiest loader thread worked %s of the time in the median cell and %s in the worst",
		percentage(stats.Median(work).Value), percentage(slices.Max(work)))
}

// trustVoid counts what is void.
func (v *view) trustVoid() string {
	whole, single := v.voids()
	switch {
	case whole == 0 && single == 0:
		return "Void: nothing."
	case whole == 0:
		return fmt.Sprintf("Void: %s, left out; no cell as a whole. The reasons stand under \"What is missing, and why\", here or in wrk2_results.md.", plural(single, "single measurement"))
	}
	if single == 0 {
		return fmt.Sprintf("Void: %s as a whole. The reasons stand under \"What is missing, and why\", here or in wrk2_results.md.", plural(whole, "cell"))
	}
	return fmt.Sprintf("Void: %s as a whole, and %s in all, left out. The reasons stand under \"What is missing, and why\", here or in wrk2_results.md.", plural(whole, "cell"), plural(single, "single measurement"))
}

// voids counts the cells that are void as a whole, and single measurements.
func (v *view) voids() (whole, single int) {
	for _, t := range v.Run.Plan.Tables {
		for _, s := range v.Run.Servers {
			for _, st := range append(v.closedSteps(t), v.openSteps(t)...) {
				c := st.cell(s)
				single += len(c.Voids)
				if c.Absent == cells.Void {
					whole++
				}
			}
		}
	}
	return whole, single
}

// trustMachine says what this machine limits.
func (v *view) trustMachine() string {
	h, c := v.Run.Host, v.Run.CPUs
	out := fmt.Sprintf("Machine: %s", plural(h.CPUs, "processor"))
	switch {
	case c.Shared:
		out += ", shared by server and loader, which cannot be told apart"
	case len(c.Server) > 0 && len(c.Loader) > 0:
		out += fmt.Sprintf(", %d for the server and %d for the loader", len(c.Server), len(c.Loader))
	}
	if h.Virtualization != "" {
		out += ", virtualised (" + h.Virtualization + ")"
	}
	out += "; over loopback, so that no network limits and the server pays for a part of the client's path"
	return out + "."
}

// trustQuiet says what else this machine did while it measured; empty where
// nothing is known of it.
func (v *view) trustQuiet() string {
	var parts []string
	for _, s := range []string{v.unrest(), v.failing(), v.stalls(), v.stolen()} {
		if s != "" {
			parts = append(parts, strings.ToLower(s[:1])+s[1:])
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Disturbance: " + strings.Join(parts, "; ") + "."
}

// failing names what the examination before the run found so bad that numbers
// mean little; empty for nothing.
func (v *view) failing() string {
	var out []string
	for _, f := range v.Run.Findings {
		if f.State == results.StateFail {
			out = append(out, f.Check+": "+f.Found)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "before it began, " + strings.Join(out, "; ")
}

// stalls says which share of the windows that count was lost to stalls of the
// loader's event loops; empty where that was not recorded.
func (v *view) stalls() string {
	var shares []float64
	for i := range v.Run.Trials {
		t := &v.Run.Trials[i]
		if t.State != results.TrialOK || t.Kind != results.TrialMeasured {
			continue
		}
		for _, r := range t.Loaders {
			for j := range r.Phases {
				if x, ok := r.Phases[j].StalledShare(); ok && r.Phases[j].Measured {
					shares = append(shares, x)
				}
			}
		}
	}
	if len(shares) == 0 {
		return ""
	}
	return fmt.Sprintf("Stalls of the loader of 1 ms or more took %s of the median window and %s of the worst", percentage(stats.Median(shares).Value), percentage(slices.Max(shares)))
}

// unrestWords says in plain words what a flag of unrest means.
func unrestWords() map[results.Flag]string {
	return map[results.Flag]string{
		results.FlagDisturbed: "disturbed by something else on the machine",
		results.FlagNotSteady: "not steady (their halves differ)",
	}
}

// unrest counts the phases that carry a flag of the machine's or the server's
// unrest; empty for none.
func (v *view) unrest() string {
	count, phases := map[results.Flag]int{}, 0
	for i := range v.Run.Trials {
		t := &v.Run.Trials[i]
		if t.State != results.TrialOK || t.Kind != results.TrialMeasured {
			continue
		}
		phases += len(t.Phases)
		for _, p := range t.Phases {
			for _, f := range []results.Flag{results.FlagDisturbed, results.FlagNotSteady} {
				if p.Verdict.Has(f) {
					count[f]++
				}
			}
		}
	}
	var list []string
	for _, f := range slices.Sorted(maps.Keys(count)) {
		list = append(list, fmt.Sprintf("%d %s", count[f], unrestWords()[f]))
	}
	if len(list) == 0 {
		return ""
	}
	return fmt.Sprintf("Of %s, %s", plural(phases, "measured phase"), strings.Join(list, ", "))
}

// trustCeiling names the tables whose best cells share a ceiling.
func (v *view) trustCeiling() string {
	var names []string
	for _, t := range v.Run.Plan.Tables {
		if t.Closed && v.ceiling(t) != "" {
			names = append(names, t.Scenario)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "Common ceiling suspected in " + strings.Join(names, ", ") + ": the servers at the top may differ by more than is seen."
}
