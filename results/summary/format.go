package summary

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/joust-bench/joust/results/metric"
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

// text prints the value in the scale.
func text(s table.Scale, value float64) string { return plain(s.Digits(value)) }

func scaled(scales []table.Scale, value float64) string {
	s := table.ScaleOf(scales, value)
	return text(s, value) + " " + s.Unit
}

// duration prints nanoseconds.
func duration(ns int64) string { return scaled(table.Durations(), float64(ns)) }

// bytes prints a number of bytes in decimal units.
func bytes(n float64) string {
	return scaled([]table.Scale{{Per: 1e12, Unit: "TB"}, {Per: 1e9, Unit: "GB"}, {Per: 1e6, Unit: "MB"}, {Per: 1e3, Unit: "kB"}, {Per: 1, Unit: "B"}}, n)
}

// inUnit prints a value of a metric's unit.
func inUnit(u metric.Unit, value float64) string {
	switch u {
	case metric.Duration:
		return duration(int64(value))
	case metric.Share:
		return percent(value)
	case metric.Rate:
		return digits(value) + " req/s"
	case metric.Bandwidth:
		return bytes(value) + "/s"
	}
	return count(uint64(value))
}

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
