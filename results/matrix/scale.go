package matrix

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/results/table"
)

func escape(s string) string { return table.Escape(s) }

// scale is the common unit of a column or line: a value is divided by per and
// followed by suffix, which is empty where the head names the unit.
type scale struct {
	per    float64
	suffix string
	unit   string
	// bytes is true for bytes a second.
	bytes bool
}

func (s scale) text(v float64) string {
	out := table.Digits(v / s.per)
	if s.suffix != "" {
		out += table.Thin + s.suffix
	}
	return out
}

// withUnit prints the value and its unit, for sentences.
func (s scale) withUnit(v float64) string { return s.text(v) + " " + s.unit }

// one is the scale of values in their base unit.
func one() scale { return scale{per: 1} }

// microseconds is the scale of nanoseconds under a head that says µs.
func microseconds() scale { return scale{per: 1e3, unit: "µs"} }

// memory is the scale of bytes of memory.
func memory() scale { return scale{per: 1 << 20, unit: "MiB"} }

// rates is the scale of rates in the unit, such as req/s: thousands from 10 000 on.
func rates(unit string, values ...float64) scale {
	if top(values) >= 10e3 {
		return scale{per: 1e3, suffix: "k", unit: unit}
	}
	return scale{per: 1, unit: unit}
}

// bandwidths is the scale of bytes per second.
func bandwidths(values ...float64) scale {
	if top(values) >= 10e9 {
		return scale{per: 1e9, unit: "GB/s", bytes: true}
	}
	return scale{per: 1e6, unit: "MB/s", bytes: true}
}

// top returns the largest of the values and 0.
func top(values []float64) float64 { return slices.Max(append([]float64{0}, values...)) }

// latencies is the scale of nanoseconds: the unit in which the middle value is
// 1 or more.
func latencies(values ...float64) scale {
	m := stats.Median(values).Value
	switch {
	case m >= 1e9:
		return scale{per: 1e9, unit: "s"}
	case m >= 1e6 || len(values) == 0:
		return scale{per: 1e6, unit: "ms"}
	case m >= 1e3:
		return scale{per: 1e3, unit: "µs"}
	}
	return scale{per: 1, unit: "ns"}
}

// latencyScale is the common scale of figures of latency.
func latencyScale(list []cells.Statistic) scale {
	return latencies(values(each(list, func(p cells.Statistic) stats.Estimate { return p.Estimate }))...)
}

// values returns the medians of those estimates that have one.
func values(list []stats.Estimate) []float64 {
	var out []float64
	for _, e := range list {
		if e.Kind != stats.None {
			out = append(out, e.Value)
		}
	}
	return out
}

// ratio prints a ratio near 1 with its interval, in parentheses where that
// covers less than 95 %.
func ratio(r stats.Ratio) string {
	form := "%.3f (%.3f – %.3f)"
	if r.Coverage >= stats.Confidence {
		form = "%.3f [%.3f – %.3f]"
	}
	return fmt.Sprintf(form, r.Value, r.Low, r.High)
}

// duration prints nanoseconds in the form of plans, such as "1.5 s".
func duration(ns int64) string {
	d := time.Duration(ns)
	switch {
	case d >= time.Minute:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return strconv.FormatFloat(d.Seconds(), 'g', 4, 64) + " s"
	case d >= time.Millisecond:
		return strconv.FormatFloat(float64(d)/1e6, 'g', 4, 64) + " ms"
	}
	return fmt.Sprintf("%d ns", ns)
}

// share prints a share of 0 to 1 with two digits.
func share(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

// show prints a median, or none where no trial has a value.
func show(e stats.Estimate, none string, text func(float64) string) string {
	if e.Kind == stats.None {
		return none
	}
	return text(e.Value)
}

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
	return "× " + table.Digits(ratio)
}

func differenceWithInterval(r stats.Ratio) string {
	end := table.Digits
	if inPercent(r.Value) {
		end = signed
	}
	return fmt.Sprintf("%s [%s – %s]", difference(r.Value), end(r.Low), end(r.High))
}

func inPercent(ratio float64) bool { return ratio > 0.5 && ratio < 2 }

// signed prints a ratio's difference from 1 in percent, with its sign.
func signed(ratio float64) string {
	p := (ratio - 1) * 100
	decimals := 0
	if math.Abs(p) < 9.95 {
		decimals = 1
	}
	return strings.Replace(fmt.Sprintf("%+.*f", decimals, p), "-", "−", 1)
}
