package external

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
)

// Output is what one run of a tool left behind.
type Output struct {
	// Stdout is all of it, Stderr at least its end.
	Stdout, Stderr string
	// Exit says how it ended, in words; empty for a clean end.
	Exit string
	// Files are the contents of the files that the tool was told to write, by
	// name.
	Files map[string]string
}

// outcome is what a tool said of one run.
type outcome struct {
	// duration is the time over which the tool counts, by its own clock.
	duration time.Duration
	// completed are the answers that the tool takes for right.
	completed  uint64
	errors     map[results.Cause]uint64
	firstError string
	// status is by code, or by class ("2xx") where the tool knows no more.
	status             map[string]uint64
	service, corrected *results.Percentiles
	// What the tool does not tell is nil.
	received, receivedBodies *uint64
	serverHeader             string
	warnings                 []string
}

// fail counts failed requests of one cause.
func (o *outcome) fail(cause results.Cause, n uint64, format string, args ...any) {
	if n == 0 {
		return
	}
	if o.errors == nil {
		o.errors = map[results.Cause]uint64{}
	}
	o.errors[cause] += n
	if o.firstError == "" {
		o.firstError = fmt.Sprintf(format, args...)
	}
}

// failed are the failed requests of any cause.
func (o *outcome) failed() (n uint64) {
	for _, x := range o.errors {
		n += x
	}
	return n
}

// warn keeps a sentence for the report, once.
func (o *outcome) warn(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(o.warnings, text) {
		o.warnings = append(o.warnings, text)
	}
}

// strange is a line that the parser does not know: the tool may be another
// version or another program.
func (o *outcome) strange(tool, line string) {
	const enough = 3
	if n := len(o.warnings); n < enough {
		o.warn("%s printed a line that joust does not know: %s", tool, excerpt(line))
	}
}

// lasted sets the window from the count and the rate that the tool printed,
// which tell it more exactly than the rounded duration beside them.
func (o *outcome) lasted(printed time.Duration, count uint64, rps float64) {
	o.duration = printed
	if exact := time.Duration(float64(count) / rps * 1e9); rps > 0 && count > 0 && (exact-printed).Abs() <= printed/20+10*time.Millisecond {
		o.duration = exact
	}
}

// tidy sorts the points of a table; of two that say the same quantile the
// first stays. A table without samples says nothing and is dropped.
func tidy(p *results.Percentiles) *results.Percentiles {
	if p == nil || p.Samples == 0 {
		return nil
	}
	slices.SortStableFunc(p.Points, func(a, b results.Percentile) int { return cmp.Compare(a.Quantile, b.Quantile) })
	p.Points = slices.CompactFunc(p.Points, func(a, b results.Percentile) bool { return math.Abs(b.Quantile-a.Quantile) < 1e-7 })
	return p
}

// errUnknownOutput says that a tool printed something else than its results.
var errUnknownOutput = errors.New("this is no output of it that joust knows")

// unknown explains output that cannot be used: which tool, what is missing, how
// the output begins, and how the tool ended.
func unknown(tool string, o Output, why error) error {
	text := fmt.Sprintf("%s: %v", tool, why)
	if o.Exit != "" {
		text += "; it ended with " + o.Exit
	}
	if said := strings.TrimSpace(o.Stderr); said != "" {
		text += "; its complaint: " + excerpt(said)
	}
	if said := strings.TrimSpace(o.Stdout); said != "" {
		text += "; its output begins: " + excerpt(said)
	} else {
		text += "; it printed nothing"
	}
	return fmt.Errorf("%w: %s", errUnknownOutput, text)
}

// excerpt is the beginning of a text in quotes, at most 160 bytes of it.
func excerpt(s string) string {
	const most = 160
	if len(s) > most {
		s = s[:most] + "…"
	}
	return fmt.Sprintf("%q", s)
}

func ptr[T any](v T) *T { return &v }
