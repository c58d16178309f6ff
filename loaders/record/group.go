package record

import (
	"cmp"
	"strconv"

	"github.com/joust-bench/joust/results"
)

// maxStatus is one more than the largest status code that is counted; RFC 9110
// §15 knows three digits.
const maxStatus = 1000

// FineGroups is how many groups have histograms of full precision. Where there are more,
// each has coarse ones, of 2 digits, and no times to the first byte or of writing: that
// takes 45 to 80 KB a group and thread, in place of 450 KB and more.
const FineGroups = 64

// Group is the outcome of the requests of one name on one thread.
type Group struct {
	// Service, Corrected, FirstByte, Write and FailedTime are as in
	// results.Group.
	Service, Corrected, FirstByte, Write, FailedTime Histogram

	// coarse is true for one of more than FineGroups.
	coarse bool
	// counts holds all counters but those of the statuses.
	counts results.Group
	status [maxStatus]uint64
}

// coarsen makes the group, which is empty, one of many.
func (g *Group) coarsen() {
	g.coarse = true
	for _, h := range g.histograms() {
		h.coarse = true
	}
}

// reserve takes the memory of the histograms that every request needs.
func (g *Group) reserve(intended bool) {
	g.Service.Reserve()
	if !g.coarse {
		g.FirstByte.Reserve()
	}
	if intended {
		g.Corrected.Reserve()
	}
}

// answered records the times of a right answer that was complete at now. intended is true
// where its latency from the intended send counts.
func (g *Group) answered(e *Exchange, now int64, intended bool) {
	if intended {
		g.Corrected.Record(now - e.Intended)
	}
	g.Service.Record(now - e.Sent)
	if g.coarse {
		return
	}
	g.FirstByte.Record(e.FirstByte - e.Sent)
	if e.Written != 0 {
		g.Write.Record(e.Written - e.Sent)
	}
}

func (g *Group) service() *Histogram   { return &g.Service }
func (g *Group) corrected() *Histogram { return &g.Corrected }

// Status counts one final status code.
func (g *Group) Status(code int) {
	if code >= 0 && code < maxStatus {
		g.status[code]++
	}
}

// Fail counts one failed request. The first detail stays.
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
	g.mergeCounts(o)
	theirs := o.histograms()
	for i, h := range g.histograms() {
		h.Merge(theirs[i])
	}
}

// mergeCounts adds the other's counts, without its times.
func (g *Group) mergeCounts(o *Group) {
	addGroup(&g.counts, &o.counts)
	for code, n := range o.status {
		g.status[code] += n
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
	err := export(g.histograms(), histogramsOfGroup(&r))
	return r, err
}

// histograms returns those of the group, in the order of histogramsOfGroup.
func (g *Group) histograms() []*Histogram {
	return []*Histogram{&g.Service, &g.Corrected, &g.FirstByte, &g.Write, &g.FailedTime}
}
