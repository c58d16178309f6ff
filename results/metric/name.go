package metric

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/scenarios/suggest"
)

// mostDigits is the largest number of digits of a percentile after the point. A
// percentile with more needs a billion samples and says nothing.
const mostDigits = 6

// aliases are other tools' names of metrics.
var aliases = map[string]Name{
	"avg": Mean, "average": Mean, "med": P50, "median": P50, "p100": Max, "maximum": Max, "p0": Min, "minimum": Min,
	"stddev": Stdev, "std": Stdev, "sd": Stdev,
	"rps": Throughput, "req/s": Throughput, "requests/s": Throughput, "throughput_rps": Throughput,
	"error-rate": ErrorRate, "errorrate": ErrorRate, "error": Errors, "failed": Errors, "failures": Errors,
	"bytes_per_s": BytesPerSecond, "b/s": BytesPerSecond, "bandwidth": BytesPerSecond,
}

// Find returns the canonical name of what a user wrote: a metric of the known ones
// or an alias of one, in letters of any case. Any percentile is known where P50 is,
// and any status where AnyStatus is. The error names the nearest metric, or all.
func Find(text string, known []Name) (Name, error) {
	s := strings.ToLower(strings.TrimSpace(text))
	if alias, ok := aliases[s]; ok {
		s = string(alias)
	}
	n := Name(s)
	switch percent, isPercentile := percentText(s); {
	case slices.Contains(known, n):
		return n, nil
	case isPercentile && slices.Contains(known, P50):
		return percentile(s, percent)
	case slices.Contains(known, AnyStatus) && strings.HasPrefix(s, "status"):
		return status(n)
	}
	if nearest, ok := suggest.Nearest(s, suggest.Texts(known...)); ok && s != "" {
		return "", fmt.Errorf("there is no metric %q, did you mean %q?", strings.TrimSpace(text), nearest)
	}
	return "", fmt.Errorf("there is no metric %q; %s", strings.TrimSpace(text), List(known))
}

// List returns a sentence with the known metrics.
func List(known []Name) string {
	text := "the metrics are " + strings.Join(suggest.Texts(known...), ", ")
	if slices.Contains(known, P50) {
		text += " and any other percentile, such as p99.95"
	}
	return text
}

// percentText returns the number of a name such as "p99.9" or "p(99.9)".
func percentText(s string) (number string, ok bool) {
	number, ok = strings.CutPrefix(s, "p")
	if inner, closed := strings.CutSuffix(number, ")"); closed {
		number = strings.TrimSpace(strings.TrimPrefix(inner, "("))
	}
	return number, ok && number != "" && strings.Trim(number, "0123456789.") == ""
}

// percentile returns the name of the percentile of that number.
func percentile(text, number string) (Name, error) {
	whole, decimals, _ := strings.Cut(number, ".")
	x, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil || len(whole) > 1 && whole[0] == '0':
		return "", fmt.Errorf("%q is no percentile; write it as p99 or p99.9", text)
	case x == 100:
		return Max, nil
	case x > 100:
		return "", fmt.Errorf("%q is beyond 100 percent; write the digits of a percentile after a point, such as p99.9", text)
	case x == 0:
		return Min, nil
	case len(strings.TrimRight(decimals, "0")) > mostDigits:
		return "", fmt.Errorf("%q has too many digits; a percentile has at most %d after the point", text, mostDigits)
	}
	return Name("p" + strconv.FormatFloat(x, 'f', -1, 64)), nil
}

// status returns the name where it has a status code.
func status(n Name) (Name, error) {
	if _, ok := n.Status(); !ok {
		return "", fmt.Errorf("%q names no status; write its three digits, such as status_503", n)
	}
	return n, nil
}

// Percentile returns the name of the percentile of a percentage such as "99.95".
// The letter p before the number may be there or not.
func Percentile(text string) (Name, error) {
	s := strings.ToLower(strings.TrimSpace(text))
	number, ok := percentText("p" + strings.TrimPrefix(s, "p"))
	if !ok {
		return "", fmt.Errorf("%q is no percentile; write a number between 0 and 100, such as 99.9", text)
	}
	n, err := percentile(s, number)
	if err == nil && (n == Min || n == Max) {
		return "", fmt.Errorf("%q is no percentile; it must lie between 0 and 100 (min and max have rows of their own)", text)
	}
	return n, err
}

// Quantile returns the share, above 0 and at most 1, of the samples that lie at or
// below the percentile; 1 for Max. ok is false for a metric that is no percentile.
func (n Name) Quantile() (q float64, ok bool) {
	if n == Max {
		return 1, true
	}
	number, ok := percentText(string(n))
	if !ok {
		return 0, false
	}
	// An exponent finds the nearest number; a division by 100 misses it by a hair.
	q, err := strconv.ParseFloat(number+"e-2", 64)
	return q, err == nil && q > 0 && q < 1
}

// Status returns the status code whose answers the metric counts; ok is false for
// another metric.
func (n Name) Status() (code int, ok bool) {
	digits, ok := strings.CutPrefix(string(n), "status_")
	if !ok || len(digits) != 3 {
		return 0, false
	}
	code, err := strconv.Atoi(digits)
	return code, err == nil && code >= 100
}
