package record

import (
	"cmp"
	"errors"
	"strconv"

	"github.com/joust-bench/joust/results"
)

// maxStatus is one more than the largest status code that is counted; RFC 9110
// §15 knows three digits.
const maxStatus = 1000

// Group is the outcome of the requests of one name on one thread.
type Group struct {
	// Service, Corrected, FirstByte, Write and FailedTime are as in
	// results.Group.
	Service, Corrected, FirstByte, Write, FailedTime Histogram

	// counts holds all counters but those of the statuses.
	counts results.Group
	status [maxStatus]uint64
}

// Status counts one final status code.
func (g *Group) Status(code int) {
	if code >= 0 && code < maxStatus {
		g.status[code]++
	}
}

// Fail counts one failed request. The first detail is kept.
func (g *Group) Fail(cause results.Cause, detail string) {
	g.counts.Failed++
	g.counts.Errors = counted(g.counts.Errors, cause)
	g.Note(detail)
}

// Note keeps the description of a failure that another counter counts, unless there
// is one already.
func (g *Group) Note(detail string) { g.counts.FirstError = cmp.Or(g.counts.FirstError, detail) }

// Reset forgets everything and keeps the memory of the histograms.
func (g *Group) Reset() {
	g.counts = results.Group{}
	clear(g.status[:])
	for _, h := range g.histograms() {
		h.Reset()
	}
}

// Merge adds the other's counts.
func (g *Group) Merge(o *Group) {
	AddGroup(&g.counts, &o.counts)
	for code, n := range o.status {
		g.status[code] += n
	}
	theirs := o.histograms()
	for i, h := range g.histograms() {
		h.Merge(theirs[i])
	}
}

// Result returns the group of a report.
func (g *Group) Result() (results.Group, error) {
	r := g.counts
	for code, n := range g.status {
		if n > 0 {
			if r.Status == nil {
				r.Status = make(map[string]uint64)
			}
			r.Status[strconv.Itoa(code)] = n
		}
	}
	var errs [5]error
	r.Service, errs[0] = g.Service.Result()
	r.Corrected, errs[1] = g.Corrected.Result()
	r.FirstByte, errs[2] = g.FirstByte.Result()
	r.Write, errs[3] = g.Write.Result()
	r.FailedTime, errs[4] = g.FailedTime.Result()
	return r, errors.Join(errs[:]...)
}

func (g *Group) histograms() [5]*Histogram {
	return [5]*Histogram{&g.Service, &g.Corrected, &g.FirstByte, &g.Write, &g.FailedTime}
}
