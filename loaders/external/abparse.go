package external

import (
	"fmt"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
)

// abPercentiles is the file into which ab writes its percentiles, in
// milliseconds with three digits: on its output they are whole milliseconds.
const abPercentiles = "percentiles.csv"

// abReader reads the lines of ab.
type abReader struct {
	reader
	named   map[string]string
	coarse  []results.Percentile
	longest *int64
}

// parseAB reads all that ab prints, and its file of percentiles.
func parseAB(o Output) (tally, error) {
	r := &abReader{reader: reader{tool: "ab"}, named: map[string]string{}}
	r.lines(o.Stdout, []line{
		{form: `(This is ApacheBench|Copyright |Licensed |Benchmarking |Connection Times|min\s+mean|Percentage of the requests|WARNING: |These results |Finished \d+ requests).*`},
		{form: `\S+ kb/s (sent|total).*|(\.\.)?done|Total:\s+\d+\s+\d+\s+\S+\s+\d+\s+\d+`},
		// An exception is counted beside the receive error of the same connection.
		{`\(Connect: (\d+), Receive: (\d+), Length: (\d+), Exceptions: (\d+)\)`, func(m []string) {
			r.failures(m, results.CauseConnect, results.CauseRead, results.CauseLength, results.CauseReset)
		}},
		{`(\d+)%\s+(\d+)( \(longest request\))?`, r.percentile},
		{`([A-Z][A-Za-z0-9 -]*?):\s*(.*)`, func(m []string) {
			if _, twice := r.named[m[1]]; !twice {
				r.named[m[1]] = m[2]
			}
		}},
	})
	r.conclude(o.files[abPercentiles])
	return r.end(o)
}

// percentile reads a row of ab's own table.
func (r *abReader) percentile(m []string) {
	ns := int64(read(&r.reader, milliseconds, m[2]))
	if m[3] != "" {
		r.longest = &ns
	}
	q := read(&r.reader, decimal, m[1])
	r.coarse = append(r.coarse, results.Percentile{Quantile: min(q/100, 1), ValueNS: ns})
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
func (r *abReader) number(name string) float64 {
	first, _, _ := strings.Cut(r.named[name], " ")
	n, err := decimal(first)
	if err != nil {
		r.refuse("the line %q is missing or cannot be read", name)
	}
	return n
}

// conclude takes the figures from the named values and the file of percentiles.
func (r *abReader) conclude(file string) {
	complete := r.count("Complete requests")
	if complete == nil {
		r.refuse(`the line "Complete requests" is missing`)
		return
	}
	seconds := r.number("Time taken for tests")
	if seconds > 1e6 {
		r.refuse("the line %q is missing or cannot be read", "Time taken for tests")
	}
	r.lasted(time.Duration(seconds*1e9), *complete, r.number("Requests per second"))
	wrong := r.errors[results.CauseLength] + r.errors[results.CauseRead]
	if n := r.count("Non-2xx responses"); n != nil {
		r.fail(results.CauseStatus, *n, fmt.Sprintf("Non-2xx responses: %d", *n))
		wrong += *n
	}
	if n := r.count("Write errors"); n != nil {
		r.fail(results.CauseWrite, *n, fmt.Sprintf("Write errors: %d", *n))
	}
	r.completed = *complete - min(wrong, *complete)
	r.received, r.receivedBodies = r.count("Total transferred"), r.count("HTML transferred")
	r.serverHeader = r.named["Server Software"]
	if kept := r.count("Keep-Alive requests"); kept != nil && r.completed > 0 && *kept < *complete/2 {
		r.warn("the server kept only %d of %d connections alive for ab, which speaks HTTP/1.0: most requests paid for a new connection", *kept, *complete)
	}
	if r.completed > 0 {
		r.table(file, *complete)
	}
}

// table takes the percentiles from the file, or the coarse ones where there is
// none.
func (r *abReader) table(file string, samples uint64) {
	r.service = &results.Percentiles{Samples: samples, Points: r.coarse, MaxNS: r.longest}
	rows := strings.Split(strings.TrimSpace(file), "\n")
	if len(rows) < 2 {
		return
	}
	r.service.Points = nil
	for _, row := range rows[1:] {
		at, value, _ := strings.Cut(strings.TrimSpace(row), ",")
		q, err := decimal(at)
		ns, errNS := milliseconds(value)
		if err != nil || errNS != nil || q > 100 {
			r.refuse("the row %q of its file of percentiles cannot be read", row)
		}
		r.service.Points = append(r.service.Points, results.Percentile{Quantile: q / 100, ValueNS: int64(ns)})
		if q == 100 {
			r.service.MaxNS = new(int64(ns))
		}
	}
}
