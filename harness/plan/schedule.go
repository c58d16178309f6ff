package plan

import (
	"fmt"
	"strings"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/suggest"
)

// arrivals is the law of the instants at which requests of the open loop are due.
type arrivals struct {
	law loaders.Schedule
	// rampTo is the end of a ramp; burst is the size of bursts.
	rampTo results.PlanRate
	burst  int
}

// String returns the text that parseSchedule reads.
func (a arrivals) String() string {
	t := results.PlanTable{}
	a.into(&t)
	return t.Arrivals()
}

// into writes the arrivals into a table.
func (a arrivals) into(t *results.PlanTable) {
	t.Schedule, t.BurstSize = string(a.law), a.burst
	t.RampToRPS, t.RampToFraction = a.rampTo.RateRPS, a.rampTo.Fraction
}

// parseSchedule reads "constant", "poisson", "ramp to 20k", "ramp to 90%" or
// "bursts of 50". wrong is the message about another text, or "".
func parseSchedule(text string, _ origin) (a arrivals, wrong string) {
	rate, ramps := strings.CutPrefix(text, "ramp to ")
	size, bursts := strings.CutPrefix(text, "bursts of ")
	switch law := loaders.Schedule(text); {
	case ramps:
		to, err := ParseRate(rate)
		if err != nil || to.Kind == results.RateCommon {
			return a, fmt.Sprintf("%q: a ramp ends with a rate in requests per second, or with a share of the peak; write one such as ramp to 20k or ramp to 90%%", text)
		}
		return arrivals{law: loaders.Ramp, rampTo: to}, ""
	case bursts:
		n, err := results.ParseInt(size)
		if err != nil {
			return a, fmt.Sprintf("%q: a burst has a whole number of requests; write one such as bursts of 50", text)
		}
		return arrivals{law: loaders.Burst, burst: n}, count("the size of bursts", 1, maxClients)(n)
	case law == loaders.Constant, law == loaders.Poisson:
		return arrivals{law: law}, ""
	}
	return a, suggest.Unknown("schedule", text, []string{string(loaders.Constant), string(loaders.Poisson), "ramp to RATE", "bursts of N"})
}
