package metric

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
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

// thousands are the factors of SI suffixes of plain numbers.
var thousands = []suffix{{"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}, {"", 1}}

// sizes are the units of bytes.
var sizes = []suffix{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1},
}

// suffix is the end of a number with its factor.
type suffix struct {
	text   string
	factor float64
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
		value, ok = scaled(s, thousands)
		ok = ok && value == math.Trunc(value)
	case Rate:
		value, ok = scaled(withoutEnd(s, "/s", "req/s", "rps"), thousands)
	case Bandwidth:
		perSecond := withoutEnd(s, "/s")
		value, ok = scaled(perSecond, sizes)
		ok = ok && perSecond != s
	case Size:
		value, ok = scaled(s, sizes)
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
	seconds, ok := number(s)
	if ok {
		ns = math.Round(seconds * 1e9)
	} else {
		d, err := time.ParseDuration(strings.ReplaceAll(s, " ", ""))
		ns, ok = float64(d), err == nil
	}
	return ns, ok && ns >= 0 && ns < math.MaxInt64
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

// scaled reads a number with one of the suffixes.
func scaled(s string, suffixes []suffix) (value float64, ok bool) {
	i := slices.IndexFunc(suffixes, func(x suffix) bool { return strings.HasSuffix(s, x.text) })
	if i < 0 {
		return 0, false
	}
	value, ok = number(strings.TrimSpace(strings.TrimSuffix(s, suffixes[i].text)))
	value *= suffixes[i].factor
	return value, ok && !math.IsInf(value, 0)
}

// number reads a decimal number that is 0 or more and finite.
func number(s string) (float64, bool) {
	if s == "" || strings.Trim(s, "0123456789.eE+-") != "" {
		return 0, false
	}
	x, err := strconv.ParseFloat(s, 64)
	return x, err == nil && x >= 0 && !math.IsInf(x, 0)
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
