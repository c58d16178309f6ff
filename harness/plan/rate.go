package plan

import (
	"fmt"
	"math"
	"strings"

	"github.com/joust-bench/joust/results"
)

// rate is a rate in a list.
type rate struct{ results.PlanRate }

// String returns the text that ParseRate reads.
func (r rate) String() string { return strings.TrimPrefix(r.PhaseName(), "open ") }

// ParseRate reads one open-loop rate: "75%" of the process's own peak,
// requests per second such as "20000", "20k", "20K" or "1.5k/s", or "common".
func ParseRate(text string) (results.PlanRate, error) {
	s := strings.TrimSpace(text)
	if s == string(results.RateCommon) {
		return results.PlanRate{Kind: results.RateCommon}, nil
	}
	number, isShare := strings.CutSuffix(s, "%")
	if !isShare {
		number = withoutUnit(s)
	}
	value, err := parseNumber(text, number)
	// Rounded, so that 33.3% is stored as 0.333.
	share, rps := math.Round(value*1e10)/1e12, value
	switch {
	case err != nil:
		return results.PlanRate{}, err
	case isShare && share <= 0, rps <= 0:
		return results.PlanRate{}, fmt.Errorf("a rate must be above 0, not %q", text)
	case isShare && share > MaxFraction:
		return results.PlanRate{}, fmt.Errorf("a rate must be at most %g%% of the peak, not %q", MaxFraction*100, text)
	case isShare:
		return results.PlanRate{Kind: results.RateFraction, Fraction: share}, nil
	case rps > maxRateRPS:
		return results.PlanRate{}, fmt.Errorf("a rate must be at most %.0f requests per second, not %q", float64(maxRateRPS), text)
	}
	return results.PlanRate{Kind: results.RateAbsolute, RateRPS: rps}, nil
}

// withoutUnit removes the unit of a rate per second.
func withoutUnit(s string) string {
	for _, unit := range []string{"req/s", "/s"} {
		if rest, ok := strings.CutSuffix(s, unit); ok {
			return rest
		}
	}
	return s
}

// parseNumber reads the number of a rate; whole is the text for its error.
func parseNumber(whole, number string) (float64, error) {
	number = strings.TrimSpace(number)
	switch strings.ToLower(strings.TrimLeft(number, "+-")) {
	case ".inf", ".nan", "inf", "infinity", "nan":
		return 0, fmt.Errorf("a rate must be a finite number, not %q", whole)
	}
	x, err := results.ParseNumber(number)
	if err != nil {
		return 0, fmt.Errorf("%q is no rate; write a share of the peak such as 75%%, requests per second such as 20000 or 20k, or common", whole)
	}
	return x, nil
}
