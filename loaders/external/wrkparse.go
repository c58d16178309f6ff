package external

import (
	"time"

	"github.com/joust-bench/joust/results"
)

// wrkReader reads the lines of wrk or wrk2. Both print the same summary; wrk2's
// distributions are printed by HdrHistogram.
type wrkReader struct {
	reader
	totals   bool
	requests uint64
	printed  time.Duration
	rps      *float64
	// overview is wrk's row of mean, deviation and largest latency.
	overview results.Percentiles
	// table is the distribution whose lines are being read; spectrum holds wrk2's
	// exact rows, summary the rounded ones.
	table             *results.Percentiles
	spectrum, summary []results.Percentile
}

// parseWrk reads all that wrk 4 prints with --latency: service times, closed
// loop.
func parseWrk(o Output) (tally, error) { return (&wrkReader{reader: reader{tool: "wrk"}}).all(o) }

// parseWrk2 reads all that wrk2 prints with --latency and --u_latency: the
// recorded latency counts from the intended send time, the uncorrected from
// the actual one.
func parseWrk2(o Output) (tally, error) { return (&wrkReader{reader: reader{tool: "wrk2"}}).all(o) }

// forms are the lines that wrk and wrk2 print.
func (r *wrkReader) forms() []line {
	return []line{
		{`Latency Distribution`, func([]string) { r.begin(&r.service) }},
		{`Latency Distribution \(HdrHistogram - Recorded Latency\)`, func([]string) { r.begin(&r.corrected) }},
		{`Latency Distribution \(HdrHistogram - Uncorrected Latency.*`, func([]string) {
			r.begin(&r.service)
			*r.table = results.Percentiles{} // the overview belongs to the recorded latency
		}},
		{`Latency\s+(\S+)\s+(\S+)\s+(\S+)\s+\S+`, r.moments},
		{`(\d+(?:\.\d+)?)%\s+(\S+)`, r.within(r.percentile)},
		{`(\d+\.\d+)\s+([01]\.\d+)\s+\d+\s+\S+`, r.within(r.exact)},
		{`#\[Mean\s*=\s*(\S+), StdDeviation\s*=\s*(\S+)\]`, r.within(r.mean)},
		{`#\[Max\s*=\s*(\S+), Total count\s*=\s*(\d+)\]`, r.within(r.max)},
		{`(\d+) requests in (\S+), (\S+) read`, func(m []string) {
			r.totals, r.requests, r.printed = true, read(&r.reader, whole, m[1]), r.window(m[2])
			r.received = new(read(&r.reader, size, m[3]))
		}},
		{`Requests/sec:\s*(\S+)`, func(m []string) { r.rps = new(read(&r.reader, decimal, m[1])) }},
		{`Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)`, func(m []string) {
			r.failures(m, results.CauseConnect, results.CauseRead, results.CauseWrite, results.CauseTimeout)
		}},
		{`Non-2xx or 3xx responses: (\d+)`, func(m []string) { r.failures(m, results.CauseStatus) }},
		{form: `(Running \S+ test @ |Thread calibration: |Thread Stats |Req/Sec |#\[Buckets |Transfer/sec:|Value\s+Percentile).*`},
		{form: `\d+ threads and \d+ connections|Detailed Percentile spectrum:|-+`},
	}
}

func (r *wrkReader) all(o Output) (tally, error) {
	r.lines(o.Stdout, r.forms())
	r.endTable()
	wrong := r.errors[results.CauseStatus]
	switch {
	case !r.totals || r.rps == nil:
		r.refuse(`the lines "N requests in T" and "Requests/sec" are missing`)
		return r.end(o)
	case wrong > r.requests:
		r.refuse("%d of %d answers have a wrong status", wrong, r.requests)
	}
	// wrk prints no number of latencies: there is one a request.
	if r.service != nil && r.service.Samples == 0 && r.corrected == nil {
		r.service.Samples = r.requests
	}
	r.completed = r.requests - wrong
	r.lasted(r.printed, r.requests, *r.rps)
	return r.end(o)
}

// within reads lines that have a meaning in a distribution only.
func (r *wrkReader) within(read func(m []string)) func([]string) {
	return func(m []string) {
		if r.table == nil {
			r.strange(m[0])
			return
		}
		read(m)
	}
}

// begin begins a distribution.
func (r *wrkReader) begin(where **results.Percentiles) {
	r.endTable()
	r.table = new(r.overview)
	*where = r.table
}

// endTable ends the distribution: the exact rows stand before the rounded ones.
func (r *wrkReader) endTable() {
	if r.table != nil {
		r.table.Points = append(r.spectrum, r.summary...)
	}
	r.table, r.spectrum, r.summary = nil, nil, nil
}

// moments reads wrk's mean, deviation and largest latency.
func (r *wrkReader) moments(m []string) {
	r.overview = results.Percentiles{MeanNS: r.average(duration, m[1]), StdevNS: r.average(duration, m[2])}
	if most := r.average(duration, m[3]); most != nil {
		r.overview.MaxNS = new(int64(*most))
	}
}

// percentile reads a rounded row of a distribution.
func (r *wrkReader) percentile(m []string) {
	q, err := decimal(m[1])
	if err != nil || q > 100 {
		r.refuse("the percentile %q cannot be read", m[1])
	}
	if ns := r.average(duration, m[2]); ns != nil {
		r.summary = append(r.summary, results.Percentile{Quantile: q / 100, ValueNS: int64(*ns)})
	}
}

// exact reads a row of wrk2's spectrum.
func (r *wrkReader) exact(m []string) {
	q := min(read(&r.reader, decimal, m[2]), 1)
	r.spectrum = append(r.spectrum, results.Percentile{Quantile: q, ValueNS: int64(read(&r.reader, milliseconds, m[1]))})
}

// mean and max read the last lines of wrk2's spectrum.
func (r *wrkReader) mean(m []string) {
	r.table.MeanNS, r.table.StdevNS = r.average(milliseconds, m[1]), r.average(milliseconds, m[2])
}

func (r *wrkReader) max(m []string) {
	r.table.MaxNS, r.table.Samples = new(int64(read(&r.reader, milliseconds, m[1]))), read(&r.reader, whole, m[2])
}
