package summary

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/joust-bench/joust/results/table"
)

// digits prints three significant digits or, from 1000 on, whole numbers in
// groups of three, with plain spaces.
func digits(v float64) string { return plain(table.Digits(v)) }

// count prints a whole number in groups of three.
func count(n uint64) string { return plain(table.Grouped(strconv.FormatUint(n, 10))) }

func plain(s string) string { return strings.ReplaceAll(s, table.Thin, " ") }

// percent prints a share of 0 to 1.
func percent(share float64) string {
	return strconv.FormatFloat(share*100, 'f', 1, 64) + " %"
}

// scale is a unit with its size in base units.
type scale struct {
	per  float64
	unit string
}

// The scales of durations in nanoseconds and of bytes, the largest first.
var (
	durations = []scale{{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}}
	sizes     = []scale{{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}, {1, "B"}}
)

// scaleOf returns the scale in which the value is 1 or more.
func scaleOf(scales []scale, value float64) scale {
	i := slices.IndexFunc(scales, func(s scale) bool { return value >= s.per })
	if i < 0 {
		return scales[len(scales)-1]
	}
	return scales[i]
}

func (s scale) text(value float64) string { return digits(value / s.per) }

func scaled(scales []scale, value float64) string {
	s := scaleOf(scales, value)
	return s.text(value) + " " + s.unit
}

// duration prints nanoseconds.
func duration(ns int64) string { return scaled(durations, float64(ns)) }

// bytes prints a number of bytes in decimal units.
func bytes(n float64) string { return scaled(sizes, n) }

// span prints the length of a window: a round number stays round.
func span(ns int64) string {
	d := time.Duration(ns)
	if d < time.Second {
		return strconv.FormatFloat(float64(d)/1e6, 'g', 3, 64) + " ms"
	}
	return strconv.FormatFloat(math.Round(d.Seconds()*100)/100, 'g', -1, 64) + " s"
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(uint64(n)) + " " + noun + "s"
}
