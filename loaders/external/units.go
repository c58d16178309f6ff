package external

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// scan splits a number from the unit behind it.
func scan(s string) (number float64, unit string, err error) {
	at := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if at < 0 {
		at = len(s)
	}
	number, err = strconv.ParseFloat(s[:at], 64)
	if err != nil {
		return 0, "", fmt.Errorf("%q is no number with a unit", s)
	}
	return number, s[at:], nil
}

// units are those of printed durations.
var units = map[string]time.Duration{
	"us": time.Microsecond, "ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour,
}

// duration reads a duration such as "70.00us" or "1.20m", in nanoseconds.
func duration(s string) (ns float64, err error) {
	n, unit, err := scan(s)
	if err != nil {
		return 0, err
	}
	per, known := units[unit]
	if ns = n * float64(per); !known || ns >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is no duration in us, ms, s, m or h", s)
	}
	return ns, nil
}

// absent reports whether the text is "-nanus" or the like, which the tools print
// where they had nothing to average.
func absent(s string) bool { return strings.HasPrefix(strings.TrimPrefix(s, "-"), "nan") }

// size reads a size such as "11.55MB" or "380B", in bytes: the tools count in
// powers of 1024.
func size(s string) (uint64, error) {
	n, unit, err := scan(s)
	if err != nil {
		return 0, err
	}
	power := 0
	if unit != "" && unit != "B" {
		power = strings.Index("KMGT", unit[:1]) + 1
		if len(unit) != 2 || unit[1] != 'B' || power == 0 {
			return 0, fmt.Errorf("%q is no size in B, KB, MB, GB or TB", s)
		}
	}
	bytes := n * math.Pow(1024, float64(power))
	if bytes >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is too large a size", s)
	}
	return uint64(bytes), nil
}

// whole reads a count.
func whole(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil {
		return 0, fmt.Errorf("%q is no whole number", s)
	}
	return n, nil
}

// decimal reads a finite number of at least 0.
func decimal(s string) (float64, error) {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) || n < 0 {
		return 0, fmt.Errorf("%q is no number of at least 0", s)
	}
	return n, nil
}

// milliseconds reads a plain number of milliseconds, in nanoseconds.
func milliseconds(s string) (ns float64, err error) {
	n, err := decimal(s)
	if err != nil || n*1e6 >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is no number of milliseconds", s)
	}
	return math.Round(n * 1e6), nil
}
