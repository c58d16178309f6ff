package external

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
)

// Output is the output of one run of a tool.
type Output struct {
	// Stdout is all of it, Stderr at least its end.
	Stdout, Stderr string
	// Exit says how the tool ended, in words; empty for a clean end.
	Exit string

	// files are the contents of the files that the tool wrote, by name.
	files map[string]string
}

// tally is one run in the tool's own figures.
type tally struct {
	// duration is the time over which the tool counts, by its own clock.
	duration time.Duration
	// completed is the number of answers that the tool takes for right.
	completed  uint64
	errors     map[results.Cause]uint64
	firstError string
	// status is by code, or by class ("2xx") where the tool knows no more.
	status             map[string]uint64
	service, corrected *results.Percentiles
	// received and receivedBodies are in bytes, nil where the tool prints none.
	received, receivedBodies *uint64
	serverHeader             string
	warnings                 []string
}

// failed is the number of failed requests of any cause.
func (o *tally) failed() (n uint64) {
	for _, x := range o.errors {
		n += x
	}
	return n
}

// reader turns the output of one run into an tally.
type reader struct {
	tool string
	tally
	// err is the first reason to refuse the output.
	err error
}

// line is one form of line that a tool prints.
type line struct {
	// form is a regular expression for the whole line.
	form string
	// read takes the submatches of the form; nil for a line without figures.
	read func(m []string)
}

// lines gives each line of the text to the first form that matches. Lines of no
// form become warnings.
func (r *reader) lines(text string, forms []line) {
	compiled := make([]*regexp.Regexp, len(forms))
	for i, f := range forms {
		compiled[i] = regexp.MustCompile("^(?:" + f.form + ")$")
	}
next:
	for text := range strings.Lines(text) {
		text = strings.TrimSpace(text)
		for i, form := range compiled {
			if m := form.FindStringSubmatch(text); m != nil {
				if forms[i].read != nil {
					forms[i].read(m)
				}
				continue next
			}
		}
		if text != "" {
			r.strange(text)
		}
	}
}

// refuse keeps the first reason why the output cannot be used.
func (r *reader) refuse(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// read parses one figure. A figure that cannot be parsed refuses the output.
func read[T any](r *reader, parse func(string) (T, error), s string) T {
	v, err := parse(s)
	if err != nil {
		r.refuse("%w", err)
	}
	return v
}

// average parses a figure in nanoseconds that is nil where there was nothing to
// average.
func (r *reader) average(parse func(string) (float64, error), s string) *float64 {
	if absent(s) {
		return nil
	}
	return new(read(r, parse, s))
}

// fail counts failed requests of one cause; text is that of the tool.
func (r *reader) fail(cause results.Cause, n uint64, text string) {
	if n == 0 {
		return
	}
	if r.errors == nil {
		r.errors = map[results.Cause]uint64{}
	}
	r.errors[cause] += n
	r.firstError = cmp.Or(r.firstError, text)
}

// failures counts the failed requests of a line with one number for each cause.
func (r *reader) failures(m []string, causes ...results.Cause) {
	for i, cause := range causes {
		r.fail(cause, read(r, whole, m[i+1]), m[0])
	}
}

// warn adds a sentence to the report, once.
func (r *reader) warn(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(r.warnings, text) {
		r.warnings = append(r.warnings, text)
	}
}

// strange warns of a line of no known form: the tool may be another version or
// another program. Three warnings are enough.
func (r *reader) strange(text string) {
	if len(r.warnings) < 3 {
		r.warn("%s printed a line that joust does not know: %s", r.tool, excerpt(text))
	}
}

// lasted sets the duration from the count and the rate that the tool printed: they
// are more exact than the rounded duration.
func (r *reader) lasted(printed time.Duration, count uint64, rps float64) {
	r.duration = printed
	if exact := time.Duration(float64(count) / rps * 1e9); rps > 0 && count > 0 && (exact-printed).Abs() <= printed/20+10*time.Millisecond {
		r.duration = exact
	}
}

// window parses the printed duration of a run.
func (r *reader) window(s string) time.Duration {
	ns, err := duration(s)
	if err != nil {
		r.refuse("the duration %q cannot be read", s)
	}
	return time.Duration(ns)
}

// end returns the tally, or an error that names the tool, the reason, the beginning
// of the output and the end of the tool.
func (r *reader) end(o Output) (tally, error) {
	if r.err == nil {
		r.service, r.corrected = tidy(r.service), tidy(r.corrected)
		return r.tally, nil
	}
	text := fmt.Sprintf("%s: %v", r.tool, r.err)
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
	return tally{}, fmt.Errorf("%w: %s", errUnknownOutput, text)
}

// errUnknownOutput says that a tool printed something else than its results.
var errUnknownOutput = errors.New("this is no output of it that joust knows")

// tidy sorts the points of a table; of two points for the same quantile the first
// stays. A table without samples is dropped.
func tidy(p *results.Percentiles) *results.Percentiles {
	if p == nil || p.Samples == 0 {
		return nil
	}
	slices.SortStableFunc(p.Points, func(a, b results.Percentile) int { return cmp.Compare(a.Quantile, b.Quantile) })
	p.Points = slices.CompactFunc(p.Points, func(a, b results.Percentile) bool { return math.Abs(b.Quantile-a.Quantile) < 1e-7 })
	return p
}

// excerpt is the beginning of a text in quotes, at most 160 bytes of it.
func excerpt(s string) string {
	const most = 160
	if len(s) > most {
		s = s[:most] + "…"
	}
	return fmt.Sprintf("%q", s)
}
