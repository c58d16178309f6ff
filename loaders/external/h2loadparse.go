package external

import (
	"time"

	"github.com/joust-bench/joust/results"
)

// h2loadReader reads the lines of h2load.
type h2loadReader struct {
	reader
	finished, counted bool
	printed           time.Duration
	rps               float64
}

// parseH2load reads all that h2load prints: it knows the mean of service times
// and no percentile of them.
func parseH2load(o Output) (tally, error) {
	r := &h2loadReader{reader: reader{tool: "h2load"}}
	r.lines(o.Stdout, []line{
		{`finished in (\S+), (\S+) req/s, \S+/s`, func(m []string) {
			r.finished, r.printed, r.rps = true, r.window(m[1]), read(&r.reader, decimal, m[2])
		}},
		{`requests: \d+ total, \d+ started, \d+ done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout`, r.requests},
		{`status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx`, r.classes},
		{`traffic: \S+ \((\d+)\) total, \S+ \(\d+\) headers .*, \S+ \((\d+)\) data`, func(m []string) {
			r.received, r.receivedBodies = new(read(&r.reader, whole, m[1])), new(read(&r.reader, whole, m[2]))
		}},
		{`time for request:\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+\S+`, r.times},
		{form: `(starting benchmark|spawning thread|Warm-up |progress: |Application protocol: |TLS Protocol: |Cipher: |Server Temp Key: |Main benchmark |Stopp).*`},
		{form: `(min\s+max|time for connect:|time to 1st byte:|req/s\s+:).*`},
	})
	if !r.finished || !r.counted || r.status == nil {
		r.refuse(`the lines "finished in", "requests:" and "status codes:" are missing`)
	}
	r.lasted(r.printed, r.completed, r.rps)
	if r.service != nil {
		r.service.Samples = r.completed
	}
	return r.end(o)
}

// requests reads the numbers of requests by tally. Failed are those with a wrong
// status and those that ended in an error, timeouts included.
func (r *h2loadReader) requests(m []string) {
	n := func(i int) uint64 { return read(&r.reader, whole, m[i]) }
	failed, errored, timeout := n(2), n(3), n(4)
	if errored > failed || timeout > errored {
		r.refuse("%d failed, %d errored and %d timed out do not go together", failed, errored, timeout)
		return
	}
	r.counted, r.completed = true, n(1)
	r.fail(results.CauseStatus, failed-errored, m[0])
	r.fail(results.CauseRead, errored-timeout, m[0])
	r.fail(results.CauseTimeout, timeout, m[0])
}

// classes reads the numbers of answers by class of status.
func (r *h2loadReader) classes(m []string) {
	r.status = map[string]uint64{}
	for i, class := range []string{"2xx", "3xx", "4xx", "5xx"} {
		if n := read(&r.reader, whole, m[i+1]); n > 0 {
			r.status[class] = n
		}
	}
}

// times reads the smallest, the largest and the mean service time, and their
// deviation.
func (r *h2loadReader) times(m []string) {
	ns := make([]float64, 4)
	for i := range ns {
		if average := r.average(duration, m[i+1]); average != nil {
			ns[i] = *average
		}
	}
	r.service = &results.Percentiles{MinNS: new(int64(ns[0])), MaxNS: new(int64(ns[1])), MeanNS: &ns[2], StdevNS: &ns[3]}
}
