package record

import (
	"errors"
	"strconv"

	"github.com/joust-bench/joust/results"
)

// maxStatus is one more than the largest status code that is counted; RFC 9110
// §15 knows three digits.
const maxStatus = 1000

// Group is the outcome of the requests of one name on one thread.
type Group struct {
	Completed uint64
	Failed    uint64

	// Service, Corrected, FirstByte, Write and FailedTime are as in
	// results.Group.
	Service, Corrected, FirstByte, Write, FailedTime Histogram

	status     [maxStatus]uint64
	errors     map[results.Cause]uint64
	firstError string
}

// Status counts one final status code.
func (g *Group) Status(code int) {
	if code >= 0 && code < maxStatus {
		g.status[code]++
	}
}

// Fail counts one failed request. The first detail is kept.
func (g *Group) Fail(cause results.Cause, detail string) {
	if g.errors == nil {
		g.errors = make(map[results.Cause]uint64)
	}
	g.Failed++
	g.errors[cause]++
	g.Note(detail)
}

// Note keeps the description of a failure that is counted elsewhere, unless
// there is one already.
func (g *Group) Note(detail string) {
	if g.firstError == "" {
		g.firstError = detail
	}
}

// Reset forgets everything and keeps the memory.
func (g *Group) Reset() {
	g.Completed, g.Failed, g.firstError = 0, 0, ""
	clear(g.status[:])
	clear(g.errors)
	for _, h := range g.histograms() {
		h.Reset()
	}
}

// Merge adds the other's counts.
func (g *Group) Merge(o *Group) {
	g.Completed += o.Completed
	g.Failed += o.Failed
	for code, n := range o.status {
		g.status[code] += n
	}
	for cause, n := range o.errors {
		if g.errors == nil {
			g.errors = make(map[results.Cause]uint64)
		}
		g.errors[cause] += n
	}
	if g.firstError == "" {
		g.firstError = o.firstError
	}
	theirs := o.histograms()
	for i, h := range g.histograms() {
		h.Merge(theirs[i])
	}
}

// Result is the group in its lasting form.
func (g *Group) Result() (results.Group, error) {
	r := results.Group{Completed: g.Completed, Failed: g.Failed, FirstError: g.firstError}
	for code, n := range g.status {
		if n > 0 {
			if r.Status == nil {
				r.Status = make(map[string]uint64)
			}
			r.Status[strconv.Itoa(code)] = n
		}
	}
	if len(g.errors) > 0 {
		r.Errors = make(map[results.Cause]uint64, len(g.errors))
		for cause, n := range g.errors {
			r.Errors[cause] = n
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
