package external

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
)

// abPercentiles is the file into which ab writes its percentiles, in
// milliseconds with three digits: on its output they are whole milliseconds.
const abPercentiles = "percentiles.csv"

// The lines that ab prints, beyond "Name: value".
var (
	abFailures = regexp.MustCompile(`^\(Connect: (\d+), Receive: (\d+), Length: (\d+), Exceptions: (\d+)\)$`)
	abTotal    = regexp.MustCompile(`^Total:\s+(\d+)\s+(\d+)\s+(\S+)\s+(\d+)\s+(\d+)$`)
	abQuantile = regexp.MustCompile(`^(\d+)%\s+(\d+)( \(longest request\))?$`)
	abNamed    = regexp.MustCompile(`^([A-Z][A-Za-z0-9 -]*?):\s*(.*)$`)
	abKnown    = regexp.MustCompile(`^(This is ApacheBench|Copyright |Licensed |Benchmarking |Connection Times|min\s+mean|Percentage of the requests|\S+ kb/s (sent|total)|WARNING: |These results |Finished \d+ requests)`)
)

// abReader reads the lines of ab.
type abReader struct {
	outcome
	named   map[string]string
	coarse  []results.Percentile
	longest *int64
}

// parseAB reads all that ab prints, and its file of percentiles.
func parseAB(o Output) (outcome, error) {
	r := &abReader{named: map[string]string{}}
	for line := range strings.Lines(o.Stdout) {
		if err := r.line(strings.TrimSpace(line)); err != nil {
			return outcome{}, unknown("ab", o, err)
		}
	}
	if err := r.finish(o); err != nil {
		return outcome{}, unknown("ab", o, err)
	}
	return r.outcome, nil
}

func (r *abReader) line(line string) error {
	switch {
	case line == "", abKnown.MatchString(line), line == "..done" || line == "done":
	case abFailures.MatchString(line):
		return r.failures(abFailures.FindStringSubmatch(line))
	case abTotal.MatchString(line):
	case abQuantile.MatchString(line):
		m := abQuantile.FindStringSubmatch(line)
		ns, err := milliseconds(m[2])
		if err != nil {
			return err
		}
		if m[3] != "" {
			r.longest = &ns
		}
		q, err := decimal(m[1])
		r.coarse = append(r.coarse, results.Percentile{Quantile: min(q/100, 1), ValueNS: ns})
		return err
	case abNamed.MatchString(line):
		m := abNamed.FindStringSubmatch(line)
		if _, twice := r.named[m[1]]; !twice {
			r.named[m[1]] = m[2]
		}
	default:
		r.strange("ab", line)
	}
	return nil
}

// failures reads ab's split of failed requests. An exception is counted beside
// the receive error of the same connection.
func (r *abReader) failures(m []string) error {
	for i, cause := range []results.Cause{results.CauseConnect, results.CauseRead, results.CauseLength, results.CauseReset} {
		n, err := whole(m[i+1])
		if err != nil {
			return err
		}
		r.fail(cause, n, "%s", m[0])
	}
	return nil
}

// count is the whole number at the beginning of a named value, nil where the
// line is missing.
func (r *abReader) count(name string) *uint64 {
	first, _, _ := strings.Cut(r.named[name], " ")
	if n, err := whole(first); err == nil {
		return &n
	}
	return nil
}

// number is the number at the beginning of a named value.
func (r *abReader) number(name string) (float64, error) {
	first, _, _ := strings.Cut(r.named[name], " ")
	n, err := decimal(first)
	if err != nil {
		return 0, fmt.Errorf("the line %q is missing or cannot be read", name)
	}
	return n, nil
}

func (r *abReader) finish(o Output) error {
	complete := r.count("Complete requests")
	if complete == nil {
		return errors.New(`the line "Complete requests" is missing`)
	}
	seconds, err := r.number("Time taken for tests")
	if err != nil || seconds > 1e6 {
		return fmt.Errorf("the line %q is missing or cannot be read", "Time taken for tests")
	}
	rps, err := r.number("Requests per second")
	if err != nil {
		return err
	}
	r.lasted(time.Duration(seconds*1e9), *complete, rps)
	wrong := r.errors[results.CauseLength] + r.errors[results.CauseRead]
	if n := r.count("Non-2xx responses"); n != nil {
		r.fail(results.CauseStatus, *n, "Non-2xx responses: %d", *n)
		wrong += *n
	}
	if n := r.count("Write errors"); n != nil {
		r.fail(results.CauseWrite, *n, "Write errors: %d", *n)
	}
	r.completed = *complete - min(wrong, *complete)
	r.received, r.receivedBodies = r.count("Total transferred"), r.count("HTML transferred")
	r.serverHeader = r.named["Server Software"]
	if kept := r.count("Keep-Alive requests"); kept != nil && r.completed > 0 && *kept < *complete/2 {
		r.warn("the server kept only %d of %d connections alive for ab, which speaks HTTP/1.0: most requests paid for a new connection", *kept, *complete)
	}
	if r.completed == 0 {
		return nil
	}
	return r.table(o.Files[abPercentiles], *complete)
}

// table takes the percentiles from the file, or the coarse ones where there is
// none.
func (r *abReader) table(file string, samples uint64) error {
	t := &results.Percentiles{Samples: samples, Points: r.coarse, MaxNS: r.longest}
	if rows := strings.Split(strings.TrimSpace(file), "\n"); len(rows) > 1 {
		t.Points = nil
		for _, row := range rows[1:] {
			at, value, _ := strings.Cut(strings.TrimSpace(row), ",")
			q, err := decimal(at)
			if err != nil || q > 100 {
				return fmt.Errorf("the row %q of its file of percentiles cannot be read", row)
			}
			ns, err := milliseconds(value)
			if err != nil {
				return fmt.Errorf("the row %q of its file of percentiles cannot be read", row)
			}
			t.Points = append(t.Points, results.Percentile{Quantile: q / 100, ValueNS: ns})
			if q == 100 {
				t.MaxNS = &ns
			}
		}
	}
	r.service = tidy(t)
	return nil
}
