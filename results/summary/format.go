package summary

import (
	"math"
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

// unit is a scale of durations with its name.
type unit struct {
	ns   float64
	name string
}

// unitOf is the unit in which a duration is 1 or more.
func unitOf(ns int64) unit {
	switch {
	case ns >= int64(time.Second):
		return unit{1e9, "s"}
	case ns >= int64(time.Millisecond):
		return unit{1e6, "ms"}
	case ns >= int64(time.Microsecond):
		return unit{1e3, "µs"}
	}
	return unit{1, "ns"}
}

func (u unit) text(ns float64) string { return digits(ns / u.ns) }

// duration prints nanoseconds in the unit that suits them.
func duration(ns int64) string {
	u := unitOf(ns)
	return u.text(float64(ns)) + " " + u.name
}

// span prints the length of a window: a round number stays round.
func span(ns int64) string {
	d := time.Duration(ns)
	if d < time.Second {
		return strconv.FormatFloat(float64(d)/1e6, 'g', 3, 64) + " ms"
	}
	return strconv.FormatFloat(math.Round(d.Seconds()*100)/100, 'g', -1, 64) + " s"
}

// bytes prints a number of bytes in decimal units.
func bytes(n float64) string {
	for _, u := range []struct {
		per  float64
		name string
	}{{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}} {
		if n >= u.per {
			return digits(n/u.per) + " " + u.name
		}
	}
	return digits(n) + " B"
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(uint64(n)) + " " + noun + "s"
}
