package matrix

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

// trust returns what a reader should know of all numbers, in three to six
// sentences: noise, limits, loader headroom, void cells, disturbances of the
// run, the machine, shared ceilings.
func (v *view) trust() []string {
	return present(v.trustNoise(), v.trustLimits(), v.trustVoid(), v.trustQuiet(), v.trustMachine(), v.trustCeiling())
}

// trustNoise says which differences of peaks are noise, and which tables have
// the trials for claims.
func (v *view) trustNoise() string {
	if len(v.closed) == 0 {
		return "Noise: the plan has no closed loop, so there are no peaks to compare; that of latencies stands in wrk2_results.md."
	}
	if v.Run.Duel != nil {
		return "Noise: the interval of the duel's answer contains it."
	}
	var claiming, silent []string
	var bands []tableBand
	for _, t := range v.closed {
		claims := t.peaks.claims
		if band := t.peaks.noiseBand(); claims.Trials() > 0 && !math.IsInf(band, 1) {
			bands = append(bands, tableBand{t.Scenario, band, stats.TrialsToDetect(sought, claims.Spread, len(claims.Claims))})
		}
		switch {
		case t.peaks.decidable:
			claiming = append(claiming, t.Scenario)
		case len(claims.Claims) > 0:
			silent = append(silent, t.Scenario)
		}
	}
	if len(bands) == 0 {
		return "Noise: not known yet; a noise band needs two servers with two valid trials each."
	}
	out := "Noise: differences of peaks below " + bandWords(bands) + " mean nothing here" + v.placeboWords() + "; " + trialWords(bands)
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
	// trials is the number of trials that finds the sought difference; 0 where
	// none does.
	trials int
}

const (
	// sought is the difference of peaks for which a page says how many trials
	// would find it.
	sought = 0.05
	// mostTrials is the highest number of trials that a page names: more help
	// nobody.
	mostTrials = 200
)

// trialWords names the fewest and the most trials that find the sought
// difference.
func trialWords(bands []tableBand) string {
	trials := each(bands, func(b tableBand) int { return b.trials })
	low, high := slices.Min(trials), slices.Max(trials)
	if low == 0 {
		return fmt.Sprintf("in such noise no number of trials finds %g %%", sought*100)
	}
	verb := "takes"
	if low > mostTrials {
		verb = "would take"
	}
	number := func(n int) string {
		if n > mostTrials {
			return fmt.Sprintf("more than %d", mostTrials)
		}
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("to find %g %% %s %s trials of each server", sought*100, verb, span(number(low), number(high)))
}

// bandWords names the smallest and the largest band.
func bandWords(bands []tableBand) string {
	byBand := func(a, b tableBand) int { return cmp.Compare(a.band, b.band) }
	text := func(b tableBand) string { return fmt.Sprintf("%s (%s)", percentage(b.band), b.scenario) }
	slices.SortStableFunc(bands, byBand)
	return span(text(bands[0]), text(bands[len(bands)-1]))
}

// limitWords returns the meaning of a bottleneck for the number.
func limitWords(b results.Bottleneck) string {
	return map[results.Bottleneck]string{
		results.LimitLoader:      "by the loader (lower bounds, unranked)",
		results.LimitBalanced:    "by both sides (an interval)",
		results.LimitConnections: "by neither (more clients may give more)",
		results.LimitSharedCPU:   "by CPUs that both sides share",
		results.LimitUnknown:     "by an unknown cause",
	}[b]
}

// trustLimits counts the closed-loop cells by their limits, and says how much
// the loader had to spare where the server was the limit.
func (v *view) trustLimits() string {
	count, total, mixed := map[results.Bottleneck]int{}, 0, 0
	var work []float64
	for _, t := range v.closed {
		for _, c := range t.cells {
			if len(c.Valid) == 0 {
				continue
			}
			limit := c.Bottleneck()
			count[limit]++
			total++
			if !c.LimitedAlike() {
				mixed++
			}
			if e := c.Median(cells.LoaderShare); limit == results.LimitServer && e.Kind != stats.None {
				work = append(work, e.Value)
			}
		}
	}
	if total == 0 {
		return ""
	}
	out := fmt.Sprintf("Limits: %d of %d closed-loop cells show the server's own peak", count[results.LimitServer], total)
	for _, b := range slices.Backward(cells.Caution()) {
		if n := count[b]; n > 0 && b != results.LimitServer {
			out += fmt.Sprintf("; %d limited %s", n, limitWords(b))
		}
	}
	if mixed > 0 {
		out += fmt.Sprintf("; in %s some trials had another limit than the rest", results.Counted(mixed, "cell"))
	}
	if len(work) > 0 {
		out += fmt.Sprintf("; loader headroom where the server was the limit: the busiest loader thread worked %s of the time in the median cell and %s in the worst",
			percentage(stats.Median(work).Value), percentage(slices.Max(work)))
	}
	return out + "."
}

// trustVoid counts what is void; the list of what is missing has the reasons.
func (v *view) trustVoid() string {
	whole, single := v.voids()
	counts := present(countOf(whole, "cell"), countOf(single, "single measurement"))
	if len(counts) == 0 {
		return "Void: nothing."
	}
	return "Void and left out: " + strings.Join(counts, " and ") + `; "What is missing, and why", here or in wrk2_results.md, has the reasons.`
}

// countOf counts things; it is empty for none.
func countOf(n int, noun string) string {
	if n == 0 {
		return ""
	}
	return results.Counted(n, noun)
}

// trustMachine says what this machine limits.
func (v *view) trustMachine() string {
	h, c := v.Run.Host, v.Run.CPUs
	out := "Machine: " + results.Counted(h.CPUs, "processor")
	switch {
	case c.Shared:
		out += ", shared by server and loader, which cannot be separated"
	case len(c.Server) > 0 && len(c.Loader) > 0:
		out += fmt.Sprintf(", %d for the server and %d for the loader", len(c.Server), len(c.Loader))
	}
	return out + enclose(", virtualised (", h.Virtualization, ")") + "; over loopback, so that no network limits and the server pays for a part of the client's path."
}

// trustQuiet says what disturbed the run; empty where nothing is known of it.
func (v *view) trustQuiet() string {
	parts := present(v.unrest(), v.failing(), v.lostToStalls(), v.stolen())
	lower := each(parts, func(s string) string { return strings.ToLower(s[:1]) + s[1:] })
	return enclose("Disturbance: ", strings.Join(lower, "; "), ".")
}

// failing names the problems for which the examination before the run gave the
// numbers little meaning; empty for none.
func (v *view) failing() string {
	var out []string
	for _, f := range v.Run.Findings {
		if f.State == results.StateFail {
			out = append(out, f.Check+": "+f.Fact)
		}
	}
	return enclose("before it began, ", strings.Join(out, "; "), "")
}

// lostToStalls says which share of the windows that count was lost to stalls of
// the loader's event loops; empty where that was not recorded.
func (v *view) lostToStalls() string {
	var shares []float64
	for _, p := range loadsOf(v.counted()) {
		if x, ok := p.StalledShare(); ok && p.Measured {
			shares = append(shares, x)
		}
	}
	if len(shares) == 0 {
		return ""
	}
	return fmt.Sprintf("Stalls of the loader of 1 ms or more took %s of the median window and %s of the worst", percentage(stats.Median(shares).Value), percentage(slices.Max(shares)))
}

// unrest counts the phases that carry a flag of the machine's or the server's
// unrest; empty for none.
func (v *view) unrest() string {
	disturbed, unsteady, total := 0, 0, 0
	for _, p := range phasesOf(v.counted(), isAny) {
		total++
		if p.Verdict.Has(results.FlagDisturbed) {
			disturbed++
		}
		if p.Verdict.Has(results.FlagNotSteady) {
			unsteady++
		}
	}
	var list []string
	if disturbed > 0 {
		list = append(list, fmt.Sprintf("%d disturbed by something else on the machine", disturbed))
	}
	if unsteady > 0 {
		list = append(list, fmt.Sprintf("%d not steady (their halves differ)", unsteady))
	}
	return enclose(fmt.Sprintf("Of %s, ", results.Counted(total, "measured phase")), strings.Join(list, ", "), "")
}

// trustCeiling names the tables whose best servers share a ceiling, with the reason.
func (v *view) trustCeiling() string {
	var tables []string
	for _, t := range v.closed {
		if t.ceiling != "" {
			tables = append(tables, v.name(t.PlanTable)+", where "+t.ceiling)
		}
	}
	return enclose("Common ceiling suspected in ", strings.Join(tables, "; "), ". The servers there may differ by more than is seen.")
}
