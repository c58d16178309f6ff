package matrix

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/joust-bench/joust/results/stats"
	tables "github.com/joust-bench/joust/results/table"
)

// thin is a narrow space at which no line breaks.
const thin = tables.Thin

// scale is the common unit of a column or row: a value is divided by per and
// followed by suffix, which is empty where the head names the unit.
type scale struct {
	per    float64
	suffix string
	unit   string
}

func (s scale) text(v float64) string {
	out := digits(v / s.per)
	if s.suffix != "" {
		out += thin + s.suffix
	}
	return out
}

// estimate is a median with its interval in brackets or its range in
// parentheses.
func (s scale) estimate(e stats.Estimate) string { return s.text(e.Value) + s.spread(e) }

func (s scale) spread(e stats.Estimate) string {
	low, high := digits(e.Low/s.per), digits(e.High/s.per)
	switch e.Kind {
	case stats.Interval:
		return " [" + low + " – " + high + "]"
	case stats.Range:
		return " (" + low + " – " + high + ")"
	}
	return ""
}

// digits prints three significant digits or, from 1000 on, whole numbers in
// groups of three.
func digits(v float64) string { return tables.Digits(v) }

// rates is the scale of requests per second: thousands from 10 000 on.
func rates(values ...float64) scale {
	if top(values) >= 10e3 {
		return scale{per: 1e3, suffix: "k", unit: "req/s"}
	}
	return scale{per: 1, unit: "req/s"}
}

// bandwidths is the scale of bytes per second.
func bandwidths(values ...float64) scale {
	if top(values) >= 10e9 {
		return scale{per: 1e9, unit: "GB/s"}
	}
	return scale{per: 1e6, unit: "MB/s"}
}

// latencies is the scale of nanoseconds: the unit in which the middle value is
// 1 or more.
func latencies(values ...float64) scale {
	m := stats.Median(values).Value
	switch {
	case len(values) == 0:
		return scale{per: 1e6, unit: "ms"}
	case m >= 1e9:
		return scale{per: 1e9, unit: "s"}
	case m >= 1e6:
		return scale{per: 1e6, unit: "ms"}
	case m >= 1e3:
		return scale{per: 1e3, unit: "µs"}
	}
	return scale{per: 1, unit: "ns"}
}

// ratio prints a ratio near 1 with its interval, in parentheses where that
// covers less than 95 %.
func ratio(r stats.Ratio) string {
	text := func(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }
	ends := text(r.Low) + " – " + text(r.High)
	if r.Coverage >= stats.Confidence {
		return text(r.Value) + " [" + ends + "]"
	}
	return text(r.Value) + " (" + ends + ")"
}

// memory is the scale of bytes of memory.
func memory() scale { return scale{per: 1 << 20, unit: "MiB"} }

func top(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	return slices.Max(values)
}

// duration prints nanoseconds as the plan would say them, such as "1.5 s".
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
