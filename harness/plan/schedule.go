package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
)

// arrivals is when the requests of the open loop are due.
type arrivals struct {
	law loaders.Schedule
	// rampToRPS is for a ramp, burst for bursts.
	rampToRPS float64
	burst     int
}

// String is in the form of parseSchedule.
func (a arrivals) String() string {
	t := results.PlanTable{}
	a.into(&t)
	return t.Arrivals()
}

// into writes the arrivals into a table.
func (a arrivals) into(t *results.PlanTable) {
	t.Schedule, t.RampToRPS, t.BurstSize = string(a.law), a.rampToRPS, a.burst
}

// parseSchedule reads "constant", "poisson", "ramp to 20k" or "bursts of 50";
// what is wrong is in the user's words, or empty.
func parseSchedule(text string, _ origin) (a arrivals, wrong string) {
	rate, ramps := strings.CutPrefix(text, "ramp to ")
	size, bursts := strings.CutPrefix(text, "bursts of ")
	switch {
	case ramps:
		r, err := ParseRate(rate)
		if err != nil || r.Kind != results.RateAbsolute {
			return a, fmt.Sprintf("%q: a ramp ends with a rate in requests per second; write one such as ramp to 20k", text)
		}
		return arrivals{law: loaders.Ramp, rampToRPS: r.RateRPS}, ""
	case bursts:
		n, err := strconv.Atoi(size)
		if err != nil {
			return a, fmt.Sprintf("%q: a burst has a whole number of requests; write one such as bursts of 50", text)
		}
		return arrivals{law: loaders.Burst, burst: n}, count("the size of bursts", 1, maxClients)(n)
	}
	if law := loaders.Schedule(text); law == loaders.Constant || law == loaders.Poisson {
		return arrivals{law: law}, ""
	}
	return a, unknown("schedule", text, []string{string(loaders.Constant), string(loaders.Poisson), "ramp to RATE", "bursts of N"})
}
