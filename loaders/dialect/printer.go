package dialect

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"github.com/joust-bench/joust/results"
)

// printer prints one report.
type printer struct {
	line   *Line
	report *results.Report
	// phase is the measured one: a phase without requests where the load ended before.
	phase *results.Phase
	// service is the time of answers from their send, corrected that from the time at
	// which they were due.
	service, corrected latency
	// steps are empty where the report has no breakdown.
	steps steps
	// endpoints are the URLs of a file, none for others.
	endpoints []endpoint
	text      bytes.Buffer
	notes     []string
}

func newPrinter(l *Line, r *results.Report) (p *printer, err error) {
	p = &printer{line: l, report: r, phase: r.Measured()}
	if p.phase == nil {
		p.phase = &results.Phase{}
		p.note("the load ended before its window opened: nothing was measured")
	}
	if p.service, err = latencyOf(p.phase.Total.Service); err != nil {
		return nil, err
	}
	if p.corrected, err = latencyOf(p.phase.Total.Corrected); err != nil {
		return nil, err
	}
	if p.steps, err = stepsOf(p.phase.Breakdown); err == nil && p.phase.Breakdown == nil {
		// The nearest figure: it counts from the first byte of the request.
		p.steps.wait, err = latencyOf(p.phase.Total.FirstByte)
	}
	if err != nil {
		return nil, err
	}
	return p, p.readEndpoints()
}

// printf adds text to the report.
func (p *printer) printf(format string, args ...any) { fmt.Fprintf(&p.text, format, args...) }

// note adds a line for standard error.
func (p *printer) note(format string, args ...any) {
	p.notes = append(p.notes, fmt.Sprintf(format, args...))
}

// seconds returns the length of the window.
func (p *printer) seconds() float64 { return time.Duration(p.phase.WindowNS()).Seconds() }

// perSecond returns n events of the window a second; 0 for an empty window.
func (p *printer) perSecond(n float64) float64 {
	if s := p.seconds(); s > 0 {
		return n / s
	}
	return 0
}

// answers returns the number of answers of the window, whatever their status.
func (p *printer) answers() uint64 { return p.phase.Total.Completed }

// ended returns the number of requests that ended in the window, with an answer or not.
func (p *printer) ended() uint64 { return p.phase.Total.Completed + p.phase.Total.Failed }

// statuses returns the number of answers whose status is one of those.
func (p *printer) statuses(is func(code int) bool) (n uint64) {
	for text, count := range p.phase.Total.Status {
		if code, err := strconv.Atoi(text); err == nil && is(code) {
			n += count
		}
	}
	return n
}

// failures returns the number of requests that failed by a cause of those.
func (p *printer) failures(is func(results.Cause) bool) (n uint64) {
	for cause, count := range p.phase.Total.Errors {
		if is(cause) {
			n += count
		}
	}
	return n
}
