package plan

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
)

// rate is a rate in a list, with its place.
type rate struct {
	results.PlanRate
	at place
}

// String is in the form of ParseRate.
func (r rate) String() string { return strings.TrimPrefix(r.PhaseName(), "open ") }

// ParseRate reads one open-loop rate: "75%" of the process's own peak,
// requests per second such as "20000", "20k" or "1.5k/s", or "common".
func ParseRate(text string) (results.PlanRate, error) {
	s := strings.TrimSpace(text)
	if s == string(results.RateCommon) {
		return results.PlanRate{Kind: results.RateCommon}, nil
	}
	if number, ok := strings.CutSuffix(s, "%"); ok {
		percent, err := parseNumber(text, number)
		if err != nil {
			return results.PlanRate{}, err
		}
		// Rounded, so that 33.3% is stored as 0.333.
		return fractionRate(text, math.Round(percent*1e10)/1e12)
	}
	number, scale := rateScale(s)
	rps, err := parseNumber(text, number)
	if err != nil {
		return results.PlanRate{}, err
	}
	return absoluteRate(text, rps*scale)
}

// rateScale cuts off the unit and the thousands.
func rateScale(s string) (number string, scale float64) {
	for _, unit := range []string{"req/s", "/s"} {
		if rest, ok := strings.CutSuffix(s, unit); ok {
			s = strings.TrimSpace(rest)
			break
		}
	}
	switch {
	case strings.HasSuffix(s, "k"):
		return s[:len(s)-1], 1e3
	case strings.HasSuffix(s, "M"):
		return s[:len(s)-1], 1e6
	}
	return s, 1
}

func parseNumber(whole, number string) (float64, error) {
	number = strings.TrimPrefix(strings.TrimSpace(number), "+")
	// ParseFloat would take Go's hexadecimal floats, which nobody means.
	x, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange), strings.ContainsAny(number, "xX_"):
		if isYAMLInfinity(number) {
			return 0, notFinite(whole)
		}
		return 0, fmt.Errorf("%q is no rate; write a share of the peak such as 75%%, requests per second such as 20000 or 20k, or common", whole)
	case math.IsNaN(x) || math.IsInf(x, 0):
		return 0, notFinite(whole)
	}
	return x, nil
}

func isYAMLInfinity(s string) bool {
	s = strings.ToLower(strings.TrimLeft(s, "-"))
	return s == ".inf" || s == ".nan"
}

func notFinite(whole string) error {
	return fmt.Errorf("a rate must be a finite number, not %q", whole)
}

func fractionRate(text string, f float64) (results.PlanRate, error) {
	switch {
	case f <= 0:
		return results.PlanRate{}, fmt.Errorf("a rate must be above 0, not %q", text)
	case f > MaxFraction:
		return results.PlanRate{}, fmt.Errorf("a rate must be at most %g%% of the peak, not %q", MaxFraction*100, text)
	}
	return results.PlanRate{Kind: results.RateFraction, Fraction: f}, nil
}

func absoluteRate(text string, rps float64) (results.PlanRate, error) {
	switch {
	case rps <= 0:
		return results.PlanRate{}, fmt.Errorf("a rate must be above 0, not %q", text)
	case rps > maxRateRPS:
		return results.PlanRate{}, fmt.Errorf("a rate must be at most %.0f requests per second, not %q", float64(maxRateRPS), text)
	}
	return results.PlanRate{Kind: results.RateAbsolute, RateRPS: rps}, nil
}
