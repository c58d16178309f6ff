package results

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// DurationForm says how a duration is written.
const DurationForm = "write seconds, such as 10 or 0.5, or units, such as 250ms, 1m30s or 2h"

// ParseDuration reads a duration as users write it everywhere: a bare number is
// seconds, and units are those of Go. The duration may be negative. The error
// quotes the text and says how a duration is written.
func ParseDuration(text string) (time.Duration, error) {
	trimmed := strings.TrimSpace(text)
	if seconds, bare := plainNumber(trimmed); bare {
		if math.Abs(seconds) >= time.Duration(math.MaxInt64).Seconds() {
			return 0, fmt.Errorf("%q is too long for a duration: at most 292 years are possible", text)
		}
		if d, err := time.ParseDuration(trimmed + "s"); err == nil {
			return d, nil
		}
		return time.Duration(math.Round(seconds * float64(time.Second))), nil // 1e-3
	}
	d, err := time.ParseDuration(trimmed)
	if err != nil {
		return 0, fmt.Errorf("%q is no duration; %s", text, DurationForm)
	}
	return d, nil
}

// scales are the suffixes of numbers, in powers of ten.
var scales = []struct {
	suffix string
	scale  float64
}{{"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}}

// ParseNumber reads a number that may end in k, K, M or G, for thousands, millions
// and billions. It refuses infinities and what is no decimal number.
func ParseNumber(text string) (float64, error) {
	number, scale := strings.TrimSpace(text), 1.0
	for _, s := range scales {
		if rest, ok := strings.CutSuffix(number, s.suffix); ok {
			number, scale = rest, s.scale
			break
		}
	}
	x, ok := plainNumber(strings.TrimPrefix(number, "+"))
	if !ok || math.IsInf(x*scale, 0) {
		return 0, fmt.Errorf("%q is no number; write one such as 20000, 20k or 1.5M", text)
	}
	return x * scale, nil
}

// ParseCount reads a whole number from 0 on that may end in k, K, M or G.
func ParseCount(text string) (uint64, error) {
	if n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64); err == nil {
		return n, nil // exact beyond 2^53
	}
	x, err := ParseNumber(text)
	switch {
	case err != nil || x < 0 || x != math.Trunc(x):
		return 0, fmt.Errorf("%q is no whole number from 0 on; write one such as 8, 20k or 1.5M", text)
	case x >= 1<<64:
		return 0, fmt.Errorf("%q is out of range: %w", text, strconv.ErrRange)
	}
	return uint64(x), nil
}

// ParseInt reads a whole number that may be negative, and may end in k, K, M or G.
func ParseInt(text string) (int, error) {
	if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil {
		return n, nil
	}
	n, err := ParseCount(text)
	if err == nil && n > math.MaxInt {
		return 0, fmt.Errorf("%q is out of range: %w", text, strconv.ErrRange)
	}
	return int(n), err
}

// Counted returns a number of things in words, such as "1 answer" or "3 answers".
func Counted[N int | uint64](n N, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Listed returns the words as a sentence lists them: "a", "a and b", or "a, b and c"
// with the conjunction "and". It is empty for no words.
func Listed(words []string, conjunction string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " " + conjunction + " " + words[last]
}

// plainNumber reads a decimal number. It takes neither hexadecimal digits,
// underscores, infinities nor NaN, which strconv knows. A number beyond the range
// of float64 is an infinity.
func plainNumber(text string) (x float64, ok bool) {
	if text == "" || strings.Trim(text, "+-.0123456789eE") != "" {
		return 0, false
	}
	x, err := strconv.ParseFloat(text, 64)
	return x, err == nil || math.IsInf(x, 0)
}
