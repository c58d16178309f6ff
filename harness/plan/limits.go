package plan

import (
	"fmt"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/suggest"
	"github.com/joust-bench/joust/scenarios"
)

// DefaultClients is the number of connections of a plan that has none.
const DefaultClients = 64

// The bounds of a plan's values.
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
	maxLoaders = 64
	maxRateRPS = 1e9
)

// defaultRates returns the rates of a ladder that names none.
func defaultRates() []rate {
	var out []rate
	for _, f := range []float64{0.50, 0.75, 0.90, 0.95} {
		out = append(out, rate{results.PlanRate{Kind: results.RateFraction, Fraction: f}})
	}
	return append(out, rate{results.PlanRate{Kind: results.RateCommon}})
}

func protocolNames() []string { return suggest.Texts(scenarios.Protocols()...) }

func modeNames() []string { return suggest.Texts(scenarios.Closed, scenarios.Open) }

func engineNames() []string { return suggest.Texts(loaders.EventLoop, loaders.Portable) }

// oneOf, count and window return checks of a value. A check returns the message
// about a wrong value, or "".

func oneOf(what string, known []string) func(string) string {
	return func(text string) string { return suggest.Unknown(what, text, known) }
}

func count(what string, least, most int) func(int) string {
	return func(n int) string {
		switch {
		case n < least:
			return fmt.Sprintf("%s must be at least %d, not %d", what, least, n)
		case n > most:
			return fmt.Sprintf("%s must be at most %d, not %d", what, most, n)
		}
		return ""
	}
}

func window(what string) func(time.Duration) string {
	return func(d time.Duration) string {
		switch {
		case d < 0:
			return fmt.Sprintf("%s must not be negative (%v)", what, d)
		case d == 0:
			return what + " must be longer than 0"
		case d > MaxDuration:
			return fmt.Sprintf("%s must be at most %v, not %v", what, MaxDuration, d)
		}
		return ""
	}
}

// checkWarmup allows 0, which is no warm-up.
func checkWarmup(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return window("warm-up")(d)
}

// checkProtocol returns the reason why p cannot be measured, or "": only HTTP/1.1
// has an engine.
func checkProtocol(p string) string {
	if wrong := oneOf("protocol", protocolNames())(p); wrong != "" {
		return wrong
	}
	switch p {
	case string(scenarios.H1):
		return ""
	case string(scenarios.H1S):
		return "comparisons over TLS come in a later release; compare over h1, and load one server over TLS with joust load https://HOST"
	}
	return "comparisons over " + p + " come in a later release; compare over h1"
}
