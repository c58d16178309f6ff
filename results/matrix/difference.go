package matrix

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results/stats"
)

// percentage prints a share as a percentage, "—" for an infinite one.
func percentage(x float64) string {
	switch p := x * 100; {
	case math.IsInf(x, 0):
		return "—"
	case p < 9.95:
		return strconv.FormatFloat(p, 'f', 1, 64) + " %"
	default:
		return strconv.FormatFloat(p, 'f', 0, 64) + " %"
	}
}

// difference prints a ratio as a difference in percent or, from twice or half
// on, as a factor.
func difference(ratio float64) string {
	if inPercent(ratio) {
		return signed(ratio) + " %"
	}
	return "× " + digits(ratio)
}

func differenceWithInterval(r stats.Ratio) string {
	if inPercent(r.Value) {
		return fmt.Sprintf("%s [%s – %s]", difference(r.Value), signed(r.Low), signed(r.High))
	}
	return fmt.Sprintf("%s [%s – %s]", difference(r.Value), digits(r.Low), digits(r.High))
}

func inPercent(ratio float64) bool { return ratio > 0.5 && ratio < 2 }

// signed is a ratio's difference from 1 in percent, with its sign.
func signed(ratio float64) string {
	p := (ratio - 1) * 100
	decimals := 0
	if math.Abs(p) < 9.95 {
		decimals = 1
	}
	return strings.Replace(fmt.Sprintf("%+.*f", decimals, p), "-", "−", 1)
}
