package metric

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
)

// Unit is the unit in which the values of a metric are kept.
type Unit string

// The units.
const (
	// Duration is in nanoseconds.
	Duration Unit = "ns"
	// Share is a number from 0 to 1.
	Share Unit = "share"
	Count Unit = "count"
	// Rate is in events a second.
	Rate Unit = "rps"
	// Bandwidth is in bytes a second.
	Bandwidth Unit = "bytes_per_s"
	// DurationPerByte is in nanoseconds a byte; Parse reads none.
	DurationPerByte Unit = "ns_per_byte"
	// Size is in bytes.
	Size Unit = "bytes"
)

// sizes are the units of bytes with their factors.
var sizes = []struct {
	unit   string
	factor float64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1},
}

// Parse reads a value of the unit, which is 0 or more: "20ms" or seconds without a
// unit; "1%" or 0.01; "20k"; "20k/s"; "10MB/s"; "100MiB".
func (u Unit) Parse(text string) (float64, error) {
	s := strings.TrimSpace(text)
	value, ok := 0.0, false
	switch u {
	case Duration:
		value, ok = duration(s)
	case Share:
		value, ok = share(s)
	case Count:
		n, err := results.ParseCount(s)
		value, ok = float64(n), err == nil
	case Rate:
		value, ok = number(withoutEnd(s, "/s", "req/s", "rps"))
	case Bandwidth:
		perSecond := withoutEnd(s, "/s")
		value, ok = size(perSecond)
		ok = ok && perSecond != s
	case Size:
		value, ok = size(s)
	}
	if !ok {
		return 0, fmt.Errorf("%q is no %s; write %s", s, u.noun(), u.example())
	}
	return value, nil
}

// noun is what a value of the unit is called.
func (u Unit) noun() string {
	return map[Unit]string{
		Duration: "duration", Share: "share", Count: "whole number",
		Rate: "rate", Bandwidth: "rate of bytes", Size: "size",
	}[u]
}

// example shows how a value of the unit is written.
func (u Unit) example() string {
	return map[Unit]string{
		Duration:  "it with its unit, such as 10ms or 1m30s, or as seconds, such as 0.25",
		Share:     "a percentage such as 1%, or a number from 0 to 1 such as 0.01",
		Count:     "digits, such as 5 or 20k",
		Rate:      "requests a second, such as 50000, 50k or 50k/s",
		Bandwidth: "bytes a second with their unit, such as 100MB/s or 10MiB/s",
		Size:      "it with its unit, such as 100MiB or 1GB",
	}[u]
}

// duration reads a duration in nanoseconds; a bare number is seconds.
func duration(s string) (ns float64, ok bool) {
	d, err := results.ParseDuration(strings.ReplaceAll(s, " ", ""))
	return float64(d), err == nil && d >= 0
}

// share reads a share, 0 to 1.
func share(s string) (value float64, ok bool) {
	percent, isPercent := strings.CutSuffix(s, "%")
	value, ok = number(strings.TrimSpace(percent))
	if isPercent {
		value /= 100
	}
	return value, ok && value <= 1
}

// size reads a number of bytes, which has a unit.
func size(s string) (bytes float64, ok bool) {
	for _, x := range sizes {
		if text, has := strings.CutSuffix(s, x.unit); has && !strings.ContainsAny(text, "kKMG") {
			bytes, ok = number(text)
			bytes *= x.factor
			return bytes, ok && !math.IsInf(bytes, 0)
		}
	}
	return 0, false
}

// number reads a number that is 0 or more.
func number(s string) (float64, bool) {
	x, err := results.ParseNumber(s)
	return x, err == nil && x >= 0
}

// withoutEnd returns the text without the longest of the ends that it has.
func withoutEnd(s string, ends ...string) string {
	longest := ""
	for _, end := range ends {
		if strings.HasSuffix(s, end) && len(end) > len(longest) {
			longest = end
		}
	}
	return strings.TrimSpace(strings.TrimSuffix(s, longest))
}

// Text prints a value in the form that Parse reads, with all its digits.
func (u Unit) Text(value float64) string {
	plain := strconv.FormatFloat(value, 'f', -1, 64)
	switch u {
	case Duration:
		return time.Duration(value).String()
	case Share:
		return strconv.FormatFloat(value*100, 'g', 12, 64) + "%"
	case Rate:
		return plain + "/s"
	case Bandwidth:
		return plain + "B/s"
	case Size:
		return plain + "B"
	}
	return plain
}
