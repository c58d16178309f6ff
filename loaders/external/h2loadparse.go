package external

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
)

// The lines that h2load prints.
var (
	h2Finished = regexp.MustCompile(`^finished in (\S+), (\S+) req/s, \S+/s$`)
	h2Requests = regexp.MustCompile(`^requests: (\d+) total, (\d+) started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout$`)
	h2Status   = regexp.MustCompile(`^status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx$`)
	h2Traffic  = regexp.MustCompile(`^traffic: \S+ \((\d+)\) total, \S+ \((\d+)\) headers .*, \S+ \((\d+)\) data$`)
	h2Times    = regexp.MustCompile(`^time for request:\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+\S+$`)
	h2Known    = regexp.MustCompile(`^(starting benchmark|spawning thread|Warm-up |progress: |Application protocol: |TLS Protocol: |Cipher: |Server Temp Key: |Main benchmark |Stopp|Stopped |min\s+max|time for connect:|time to 1st byte:|req/s\s+:)`)
)

// parseH2load reads all that h2load prints: it knows the mean of service times
// and no percentile of them.
func parseH2load(o Output) (outcome, error) {
	var out outcome
	var finished, requests, times []string
	for line := range strings.Lines(o.Stdout) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case h2Finished.MatchString(line):
			finished = h2Finished.FindStringSubmatch(line)
		case h2Requests.MatchString(line):
			requests = h2Requests.FindStringSubmatch(line)
		case h2Times.MatchString(line):
			times = h2Times.FindStringSubmatch(line)
		case h2Status.MatchString(line):
			out.h2Classes(h2Status.FindStringSubmatch(line))
		case h2Traffic.MatchString(line):
			out.h2Bytes(h2Traffic.FindStringSubmatch(line))
		case !h2Known.MatchString(line):
			out.strange("h2load", line)
		}
	}
	if finished == nil || requests == nil || out.status == nil {
		return outcome{}, unknown("h2load", o, errors.New(`the lines "finished in", "requests:" and "status codes:" are missing`))
	}
	err := out.h2Count(requests)
	if err == nil {
		err = out.h2Lasted(finished)
	}
	if err == nil && times != nil && out.completed > 0 {
		out.service, err = h2Service(times, out.completed)
	}
	if err != nil {
		return outcome{}, unknown("h2load", o, err)
	}
	return out, nil
}

// h2Classes keeps the numbers of answers by class of status.
func (o *outcome) h2Classes(m []string) {
	o.status = map[string]uint64{}
	for i, class := range []string{"2xx", "3xx", "4xx", "5xx"} {
		if n, err := whole(m[i+1]); err == nil && n > 0 {
			o.status[class] = n
		}
	}
}

func (o *outcome) h2Bytes(m []string) {
	for i, to := range map[int]**uint64{1: &o.received, 3: &o.receivedBodies} {
		if n, err := whole(m[i]); err == nil {
			*to = &n
		}
	}
}

// h2Count reads the outcome of requests. Failed are those with a wrong status
// and those that ended in an error, timeouts among them.
func (o *outcome) h2Count(m []string) error {
	var n [8]uint64
	for i := 1; i < len(n); i++ {
		var err error
		if n[i], err = whole(m[i]); err != nil {
			return err
		}
	}
	succeeded, failed, errored, timeout := n[4], n[5], n[6], n[7]
	if errored > failed || timeout > errored {
		return fmt.Errorf("%d failed, %d errored and %d timed out do not go together", failed, errored, timeout)
	}
	o.completed = succeeded
	o.fail(results.CauseStatus, failed-errored, "%s", m[0])
	o.fail(results.CauseRead, errored-timeout, "%s", m[0])
	o.fail(results.CauseTimeout, timeout, "%s", m[0])
	return nil
}

func (o *outcome) h2Lasted(m []string) error {
	ns, ok, err := duration(m[1])
	if err != nil || !ok {
		return fmt.Errorf("the duration %q cannot be read", m[1])
	}
	rps, err := decimal(m[2])
	if err != nil {
		return err
	}
	o.lasted(time.Duration(ns), o.completed, rps)
	return nil
}

func h2Service(m []string, samples uint64) (*results.Percentiles, error) {
	var ns [4]float64
	for i := range ns {
		var err error
		if ns[i], _, err = duration(m[i+1]); err != nil {
			return nil, err
		}
	}
	return &results.Percentiles{
		Samples: samples, MinNS: ptr(int64(ns[0])), MaxNS: ptr(int64(ns[1])), MeanNS: &ns[2], StdevNS: &ns[3],
	}, nil
}
