package external

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
)

// The lines that wrk and wrk2 print. Both print the same summary; wrk2's
// distributions are those of HdrHistogram's own printing.
var (
	wrkTotals    = regexp.MustCompile(`^(\d+) requests in (\S+), (\S+) read$`)
	wrkSocket    = regexp.MustCompile(`^Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)$`)
	wrkStatus    = regexp.MustCompile(`^Non-2xx or 3xx responses: (\d+)$`)
	wrkRate      = regexp.MustCompile(`^Requests/sec:\s*(\S+)$`)
	wrkLatency   = regexp.MustCompile(`^Latency\s+(\S+)\s+(\S+)\s+(\S+)\s+\S+$`)
	wrkQuantile  = regexp.MustCompile(`^(\d+(?:\.\d+)?)%\s+(\S+)$`)
	wrkSpectrum  = regexp.MustCompile(`^(\d+\.\d+)\s+([01]\.\d+)\s+(\d+)\s+\S+$`)
	wrkMean      = regexp.MustCompile(`^#\[Mean\s*=\s*(\S+), StdDeviation\s*=\s*(\S+)\]$`)
	wrkMax       = regexp.MustCompile(`^#\[Max\s*=\s*(\S+), Total count\s*=\s*(\d+)\]$`)
	wrkKnown     = regexp.MustCompile(`^(Running \S+ test @ |\d+ threads and \d+ connections$|Thread calibration: |Thread Stats |Req/Sec |Latency Distribution|Detailed Percentile spectrum:$|Value\s+Percentile|#\[Buckets |-+$|Transfer/sec:)`)
	wrkRecorded  = "Latency Distribution (HdrHistogram - Recorded Latency)"
	wrkUncorrect = "Latency Distribution (HdrHistogram - Uncorrected Latency"
)

// wrkReader reads the lines of wrk or wrk2.
type wrkReader struct {
	tool string
	outcome
	requests, non2xx, read uint64
	totals, rate           bool
	printed                time.Duration
	rps                    float64
	// overview is wrk's row of mean, deviation and largest latency.
	overview results.Percentiles
	// table is that of the distribution whose lines are being read; spectrum
	// holds wrk2's exact rows, summary the rounded ones.
	table             *results.Percentiles
	spectrum, summary []results.Percentile
}

// parseWrk reads all that wrk 4 prints with --latency: service times, closed
// loop.
func parseWrk(o Output) (outcome, error) { return (&wrkReader{tool: "wrk"}).all(o) }

// parseWrk2 reads all that wrk2 prints with --latency and --u_latency: the
// recorded latency counts from the intended send time, the uncorrected from
// the actual one.
func parseWrk2(o Output) (outcome, error) { return (&wrkReader{tool: "wrk2"}).all(o) }

func (r *wrkReader) all(o Output) (outcome, error) {
	for line := range strings.Lines(o.Stdout) {
		if err := r.line(strings.TrimSpace(line)); err != nil {
			return outcome{}, unknown(r.tool, o, err)
		}
	}
	r.endTable()
	if !r.totals || !r.rate {
		return outcome{}, unknown(r.tool, o, errors.New(`the lines "N requests in T" and "Requests/sec" are missing`))
	}
	if r.non2xx > r.requests {
		return outcome{}, unknown(r.tool, o, fmt.Errorf("%d of %d answers have a wrong status", r.non2xx, r.requests))
	}
	r.completed = r.requests - r.non2xx
	r.received = ptr(r.read)
	r.lasted(r.printed, r.requests, r.rps)
	r.service, r.corrected = tidy(r.service), tidy(r.corrected)
	return r.outcome, nil
}

func (r *wrkReader) line(line string) error {
	switch {
	case line == "":
	case line == "Latency Distribution":
		r.begin(&r.service)
	case line == wrkRecorded:
		r.begin(&r.corrected)
	case strings.HasPrefix(line, wrkUncorrect):
		r.begin(&r.service)
		r.overview = results.Percentiles{} // It belongs to the recorded latency.
	case wrkTotals.MatchString(line), wrkRate.MatchString(line):
		return r.summaryLine(line)
	case wrkSocket.MatchString(line), wrkStatus.MatchString(line):
		return r.errorLine(line)
	case wrkLatency.MatchString(line):
		return r.overviewLine(wrkLatency.FindStringSubmatch(line))
	case r.table != nil && wrkQuantile.MatchString(line), r.table != nil && wrkSpectrum.MatchString(line):
		return r.point(line)
	case r.table != nil && wrkMean.MatchString(line), r.table != nil && wrkMax.MatchString(line):
		return r.moments(line)
	case !wrkKnown.MatchString(line):
		r.strange(r.tool, line)
	}
	return nil
}

// begin begins a distribution.
func (r *wrkReader) begin(where **results.Percentiles) {
	r.endTable()
	table := r.overview
	*where = &table
	r.table = &table
}

// endTable ends the distribution: the exact rows stand before the rounded ones.
func (r *wrkReader) endTable() {
	if r.table == nil {
		return
	}
	r.table.Points = append(r.spectrum, r.summary...)
	r.table, r.spectrum, r.summary = nil, nil, nil
}

func (r *wrkReader) summaryLine(line string) (err error) {
	if m := wrkRate.FindStringSubmatch(line); m != nil {
		r.rate = true
		r.rps, err = decimal(m[1])
		return err
	}
	m := wrkTotals.FindStringSubmatch(line)
	r.totals = true
	if r.requests, err = whole(m[1]); err != nil {
		return err
	}
	ns, ok, err := duration(m[2])
	if err != nil || !ok {
		return fmt.Errorf("the duration %q cannot be read", m[2])
	}
	r.printed = time.Duration(ns)
	if r.read, err = size(m[3]); err != nil {
		return err
	}
	// wrk tells no number of latencies: there is one a request.
	if r.service != nil && r.service.Samples == 0 && r.corrected == nil {
		r.service.Samples = r.requests
	}
	return nil
}

func (r *wrkReader) errorLine(line string) error {
	if m := wrkStatus.FindStringSubmatch(line); m != nil {
		n, err := whole(m[1])
		r.non2xx = n
		r.fail(results.CauseStatus, n, "%s", line)
		return err
	}
	m := wrkSocket.FindStringSubmatch(line)
	for i, cause := range []results.Cause{results.CauseConnect, results.CauseRead, results.CauseWrite, results.CauseTimeout} {
		n, err := whole(m[i+1])
		if err != nil {
			return err
		}
		r.fail(cause, n, "%s", line)
	}
	return nil
}

func (r *wrkReader) overviewLine(m []string) error {
	for i, to := range []func(float64){
		func(x float64) { r.overview.MeanNS = &x },
		func(x float64) { r.overview.StdevNS = &x },
		func(x float64) { r.overview.MaxNS = ptr(int64(x)) },
	} {
		ns, ok, err := duration(m[i+1])
		if err != nil {
			return err
		}
		if ok {
			to(ns)
		}
	}
	return nil
}

func (r *wrkReader) point(line string) error {
	if m := wrkSpectrum.FindStringSubmatch(line); m != nil {
		q, err := decimal(m[2])
		ns, err2 := milliseconds(m[1])
		r.spectrum = append(r.spectrum, results.Percentile{Quantile: min(q, 1), ValueNS: ns})
		return errors.Join(err, err2)
	}
	m := wrkQuantile.FindStringSubmatch(line)
	q, err := decimal(m[1])
	if err != nil || q > 100 {
		return fmt.Errorf("the percentile %q cannot be read", m[1])
	}
	ns, ok, err := duration(m[2])
	if ok {
		r.summary = append(r.summary, results.Percentile{Quantile: q / 100, ValueNS: int64(ns)})
	}
	return err
}

// moments are HdrHistogram's own: mean, deviation and maximum in milliseconds.
func (r *wrkReader) moments(line string) error {
	if m := wrkMean.FindStringSubmatch(line); m != nil {
		for i, to := range []**float64{&r.table.MeanNS, &r.table.StdevNS} {
			*to = nil
			if notANumber(m[i+1]) {
				continue
			}
			ns, err := milliseconds(m[i+1])
			if err != nil {
				return err
			}
			*to = ptr(float64(ns))
		}
		return nil
	}
	m := wrkMax.FindStringSubmatch(line)
	ns, err := milliseconds(m[1])
	if err != nil {
		return err
	}
	r.table.MaxNS = &ns
	r.table.Samples, err = whole(m[2])
	return err
}
