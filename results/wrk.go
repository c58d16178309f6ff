package results

import (
	"math"
	"strconv"
	"time"
)

// WrkErrors are the failures of a phase as wrk counts them.
type WrkErrors struct {
	// Connect counts connections that could not be made, Read, Write and Timeout requests
	// without an answer, and Status answers with a status above 399, which are no failures.
	Connect, Read, Write, Status, Timeout uint64
}

// WrkErrors returns the failures of the phase as wrk counts them.
func (p *Phase) WrkErrors() WrkErrors {
	e := WrkErrors{Connect: p.FailedConnects(), Write: p.Total.Errors[CauseWrite], Timeout: p.Total.Errors[CauseTimeout]}
	e.Read = p.Total.Failed - e.Write - e.Timeout - p.Total.Errors[CauseStatus]
	for text, n := range p.Total.Status {
		if code, err := strconv.Atoi(text); err == nil && code > 399 {
			e.Status += n
		}
	}
	return e
}

// WrkRates returns the answers a second of one thread, in each stretch of the timeline:
// those that wrk samples. The phase has the sum of its threads, so each is taken for their
// mean: their average is exact, and how far they differ in one stretch is not in it. idle
// counts stretches without an answer too, as wrk2 does.
func (p *Phase) WrkRates(threads int, idle bool) []float64 {
	var list []float64
	at, before := p.T0NS, uint64(0)
	for _, i := range p.Timeline {
		if passed := time.Duration(i.AtNS - at).Seconds(); passed > 0 && (idle || i.Completed > before) {
			list = append(list, math.Floor(float64(i.Completed-before)/passed/float64(max(1, threads))))
		}
		at, before = i.AtNS, i.Completed
	}
	return list
}

// WrkAnswers returns the number of answers of the window, whatever their status.
func (p *Phase) WrkAnswers() uint64 { return p.Total.Completed + p.Total.Errors[CauseStatus] }
