package plan

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// The defaults of a plan that does not say otherwise.
const (
	DefaultClients        = 64
	DefaultTrials         = 6
	DefaultWarmup         = time.Second
	DefaultDuration       = 1500 * time.Millisecond
	DefaultOpenDuration   = time.Second
	DefaultRequestTimeout = 10 * time.Second
	DefaultDrain          = 500 * time.Millisecond
)

// The bounds of what a plan may ask for.
const (
	// MaxDuration bounds every duration of a plan.
	MaxDuration = 10 * time.Minute
	// MaxFraction bounds rates given as a fraction of the peak.
	MaxFraction = 1.5
	// MaxStretch bounds the window of a row that asks for a number of
	// completions, unless the plan's own window is longer.
	MaxStretch = 10 * time.Second

	maxTrials  = 10_000
	maxClients = 1 << 20
	maxThreads = 1024
	maxRateRPS = 1e9
)

// defaultRates are the steps of a ladder that names none.
func defaultRates() []rate {
	var out []rate
	for _, f := range []float64{0.50, 0.75, 0.90, 0.95} {
		out = append(out, rate{PlanRate: results.PlanRate{Kind: results.RateFraction, Fraction: f}})
	}
	return append(out, rate{PlanRate: results.PlanRate{Kind: results.RateCommon}})
}

func defaults() settings {
	return settings{
		clients:      given(clients{list: []int{DefaultClients}}, place{}),
		trials:       given(DefaultTrials, place{}),
		warmup:       given(DefaultWarmup, place{}),
		duration:     given(DefaultDuration, place{}),
		openDuration: given(DefaultOpenDuration, place{}),
		protocols:    given([]name{{text: string(scenarios.H1)}}, place{}),
		rates:        given(defaultRates(), place{}),
		schedule:     given(string(loaders.Constant), place{}),
	}
}

// The check functions return what is wrong with a value, or nothing.

func checkCount(what string, n, least, most int) string {
	switch {
	case n < least:
		return fmt.Sprintf("%s must be at least %d, not %d", what, least, n)
	case n > most:
		return fmt.Sprintf("%s must be at most %d, not %d", what, most, n)
	}
	return ""
}

func checkDuration(what string, d time.Duration, zeroAllowed bool) string {
	switch {
	case d < 0:
		return fmt.Sprintf("%s must not be negative (%v)", what, d)
	case d == 0 && !zeroAllowed:
		return what + " must be longer than 0"
	case d > MaxDuration:
		return fmt.Sprintf("%s must be at most %v, not %v", what, MaxDuration, d)
	}
	return ""
}

func checkTolerance(x float64) string {
	if math.IsNaN(x) || x < 0 || x >= 1 {
		return fmt.Sprintf("error_tolerance is a share of all requests: at least 0 and below 1, not %v", x)
	}
	return ""
}

// engineSpeaks tells the protocols that a loader engine has a codec for.
func engineSpeaks(p scenarios.Protocol) bool { return p == scenarios.H1 }

func protocolNames() []string {
	return []string{
		string(scenarios.H1), string(scenarios.H1S), string(scenarios.H2),
		string(scenarios.H2C), string(scenarios.H3), string(scenarios.WS),
	}
}

func modeNames() []string { return []string{string(scenarios.Closed), string(scenarios.Open)} }

func scheduleNames() []string { return []string{string(loaders.Constant), string(loaders.Poisson)} }

func idleNames() []string {
	var names []string
	for _, s := range loaders.IdleStrategies() {
		names = append(names, string(s))
	}
	return names
}

func engineNames() []string { return []string{string(loaders.EventLoop), string(loaders.Portable)} }

// oneOf, count and window make checks.

func oneOf(what string, known []string) func(string) string {
	return func(text string) string {
		if slices.Contains(known, text) {
			return ""
		}
		return unknown(what, text, known)
	}
}

func count(what string, least, most int) func(int) string {
	return func(n int) string { return checkCount(what, n, least, most) }
}

func window(what string) func(time.Duration) string {
	return func(d time.Duration) string { return checkDuration(what, d, false) }
}

func checkWarmup(d time.Duration) string { return checkDuration("warm-up", d, true) }
