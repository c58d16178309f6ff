package run

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
)

// commonShare is the share of the slowest server's peak at which all servers of
// a table are compared.
const commonShare = 0.5

// commonRate returns the table's common rate in req/s, 0 when there is none.
func (r *Runner) commonRate(t results.PlanTable) float64 {
	for _, c := range r.Run.CommonRates {
		if c.Scenario == t.Scenario && c.Protocol == t.Protocol {
			return c.RateRPS
		}
	}
	return 0
}

// fixCommonRates derives the common rates from the scouting trials, once, before
// the first block.
func (r *Runner) fixCommonRates() error {
	for _, t := range r.Run.Plan.Tables {
		if !asksCommon(t) || r.commonRate(t) > 0 {
			continue
		}
		c, ok := commonFrom(r.memory.scouts, t)
		if !ok {
			r.Observer.Note("%s: no scouting trial counted, so there is no common rate", t.Scenario)
			continue
		}
		r.Run.CommonRates = append(r.Run.CommonRates, c)
		r.Observer.Note("%s: common rate %.0f req/s, %s", c.Scenario, c.RateRPS, c.Basis)
	}
	return r.Journal.UpdateRun(r.Run)
}

func asksCommon(t results.PlanTable) bool {
	return slices.ContainsFunc(t.Rates, func(rate results.PlanRate) bool { return rate.Kind == results.RateCommon })
}

// commonFrom returns half of the slowest server's peak, rounded to three digits,
// which tables can name.
func commonFrom(trials []results.Trial, t results.PlanTable) (results.CommonRate, bool) {
	slowest, peaks := math.Inf(1), []string(nil)
	for i := range trials {
		peak := scoutedPeak(&trials[i], t)
		if peak == 0 {
			continue
		}
		slowest = min(slowest, peak)
		peaks = append(peaks, fmt.Sprintf("%s %.0f", trials[i].Server, peak))
	}
	if len(peaks) == 0 {
		return results.CommonRate{}, false
	}
	return results.CommonRate{
		Scenario: t.Scenario, Protocol: t.Protocol, RateRPS: threeDigits(slowest * commonShare),
		Basis: fmt.Sprintf("half of the slowest peak in req/s when scouted: %s", strings.Join(peaks, ", ")),
	}, true
}

// scoutedPeak returns the closed-loop throughput of a scouting trial of the table
// in req/s, by all loaders together; 0 for any other trial and for one that does
// not count.
func scoutedPeak(trial *results.Trial, t results.PlanTable) float64 {
	if trial.Kind != results.TrialScout || trial.State != results.TrialOK || trial.Scenario != t.Scenario || trial.Protocol != t.Protocol {
		return 0
	}
	peak := 0.0
	for i := range trial.Loaders {
		if p := trial.Loaders[i].Phase(results.PhaseClosed); p != nil {
			peak += p.ThroughputRPS()
		}
	}
	return peak
}

// threeDigits rounds a positive number to three significant digits.
func threeDigits(x float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(max(x, 0), 'g', 3, 64), 64) // a number reads back
	return rounded
}
