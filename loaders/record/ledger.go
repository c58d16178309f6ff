package record

import (
	"cmp"
	"errors"

	"github.com/joust-bench/joust/results"
)

// Span is the window of a phase as accounting needs it, in CLOCK_MONOTONIC
// nanoseconds: [T0, T1).
type Span struct {
	Loop   results.Loop
	T0, T1 int64
	// Users is true in a closed loop whose users wait for connections, so that a
	// request is intended before it is sent.
	Users bool
	// Iterates is true in an open loop whose arrivals begin iterations of users who walk.
	Iterates bool
}

// Inside reports whether the instant lies in the window.
func (s Span) Inside(t int64) bool { return t >= s.T0 && t < s.T1 }

// Intends reports whether requests are intended before they are sent.
func (s Span) Intends() bool { return s.Loop == results.OpenLoop || s.Users }

// origin returns the instant from which the headline latency of a request counts.
func (s Span) origin(e *Exchange) int64 {
	if s.Intends() {
		return e.Intended
	}
	return e.Sent
}

// insideNS returns the length of the part of [from, to) that lies in the window.
func (s Span) insideNS(from, to int64) int64 { return max(0, min(to, s.T1)-max(from, s.T0)) }

// Exchange is one request with its stamps, in CLOCK_MONOTONIC nanoseconds.
type Exchange struct {
	// Intended is the instant of the schedule or of the user; in a closed loop
	// without users it equals Sent. Sent is read just before the first byte is
	// written.
	Intended, Sent int64
	// FirstByte is 0 until the answer's first byte; Written is 0 where one
	// write took the whole request.
	FirstByte, Written int64
	// Group is the number of the request's group, Connection that of the thread's
	// connection.
	Group, Connection int32
	// Number is that in the request's id, 0 without ids.
	Number uint64
}

// Ledger holds the records of one thread about one phase. One goroutine may
// touch it at a time; Reset makes it ready for the next phase and keeps its
// memory.
//
// The rules are METHOD.md §1: throughput counts the answers that complete inside
// the window; open-loop latency belongs to the requests intended inside it,
// closed-loop service time to those completed inside it.
type Ledger struct {
	Window Span
	// Groups are by number.
	Groups []Group
	// all has the times of all groups together where there are more than FineGroups of
	// them, else it is nil.
	all *Group
	ErrorBars
	// Slowest are the slowest right answers of the window.
	Slowest Slowest
	// Counts collects the counters of the phase, and Rate those of an open loop.
	// Their other fields stay empty.
	Counts results.Phase
	Rate   results.RateReport
	// Breakdown is nil where nobody asked for it.
	Breakdown *Breakdown
	// Walks are those through the flows of the load, by number; nil without flows.
	Walks []Walk
	// Segment collects the running segment of the window; nil where there are none.
	Segment *Segment

	// longest is the longest time from a request's send to the end of its
	// answer, right or wrong, anywhere in the phase, in nanoseconds.
	longest int64
}

// ErrorBars are the delays that the loader adds to what it measures, as in
// results.Phase.
type ErrorBars struct {
	SendLagIdle, SendLagBlocked Histogram
	ReceiveLag, LoopGaps        Histogram
	StallNS                     int64
}

// Reserve takes the memory of the histograms that every request needs, so that
// recording does not allocate. intended is true where a phase will follow whose
// requests are intended before they are sent.
func (l *Ledger) Reserve(intended bool) {
	if len(l.Groups) > FineGroups {
		l.all = &Group{}
		l.all.reserve(intended)
	}
	for i := range l.Groups {
		if l.all != nil {
			l.Groups[i].coarsen()
		}
		l.Groups[i].reserve(intended)
	}
	if l.Breakdown != nil {
		l.Breakdown.reserve()
	}
	for i := range l.Walks {
		l.Walks[i].time.Reserve()
	}
	l.Slowest.list = make([]slow, 0, MostSlowest+1)
	l.ReceiveLag.reserve(lagDigits)
	l.LoopGaps.reserve(lagDigits)
	if intended {
		l.SendLagIdle.reserve(lagDigits)
		l.SendLagBlocked.reserve(lagDigits)
	}
}

// histograms returns the error bars, in the order of errorBarsOf.
func (b *ErrorBars) histograms() []*Histogram {
	return []*Histogram{&b.SendLagIdle, &b.SendLagBlocked, &b.ReceiveLag, &b.LoopGaps}
}

// Stall is the shortest standstill of a loop that counts, in nanoseconds.
const Stall = int64(1e6)

// Gap records that an event loop with something to do came round at now, d
// nanoseconds late. It evidently worked for the part worked of d; the rest is a
// stall, and its part inside the window counts.
func (l *Ledger) Gap(now, d, worked int64) {
	if l.Window.Inside(now) {
		l.LoopGaps.recordLag(d)
	}
	if still := d - worked; still >= Stall {
		l.StallNS += l.Window.insideNS(now-still, now)
	}
}

// Backoff records that a connection waited from one instant to another before its
// next attempt. Call it at the end of the wait, or of the phase: a window that ends
// early cuts the wait.
func (l *Ledger) Backoff(from, to int64) { l.Counts.BackoffNS += l.Window.insideNS(from, to) }

// Received records the lag from the kernel's stamp of an arrival to its read at now.
func (l *Ledger) Received(now, lag int64) {
	if l.Window.Inside(now) {
		l.ReceiveLag.recordLag(max(0, lag))
	}
}

// Reset forgets the last phase and takes the window of the next.
func (l *Ledger) Reset(window Span) {
	for i := range l.Groups {
		l.Groups[i].Reset()
	}
	for _, h := range l.ErrorBars.histograms() {
		h.Reset()
	}
	l.StallNS = 0
	if l.Breakdown != nil {
		l.Breakdown.reset()
	}
	if l.all != nil {
		l.all.Reset()
	}
	*l = Ledger{Window: window, Groups: l.Groups, all: l.all, ErrorBars: l.ErrorBars, Slowest: Slowest{list: l.Slowest.list[:0]}, Breakdown: l.Breakdown, Walks: l.Walks}
	for i := range l.Walks {
		l.Walks[i].reset()
	}
}

// Lag records the delay of a request's send. It is our fault where a connection was
// idle at the intended instant.
func (l *Ledger) Lag(intended, idleSince, now int64) {
	switch {
	case !l.Window.Inside(intended):
	case idleSince <= intended:
		l.SendLagIdle.recordLag(now - intended)
	default:
		l.SendLagBlocked.recordLag(now - intended)
	}
}

// AwaitUntil returns the end of the wait for requests in flight, in CLOCK_MONOTONIC
// nanoseconds. It is the drain bound or, where later, the last send plus twice the
// longest time of an answer, at most the request timeout: a slow answer must not
// pass for one that never comes. A closed loop sends until its window ends, an open
// one with a backlog until the drain bound.
func (l *Ledger) AwaitUntil(drained, timeout int64) int64 {
	sent := l.Window.T1
	if l.Window.Loop == results.OpenLoop {
		sent = drained
	}
	return max(drained, sent+min(2*l.longest, timeout))
}

// The bounds of ListenNS.
const (
	shortestListen = int64(10e6)
	longestListen  = int64(100e6)
)

// ListenNS returns the time for which a loader listens, at the end of a phase with
// nothing in flight, for answers that nobody asked for: twice the mean service
// time, within bounds, in nanoseconds.
func (l *Ledger) ListenNS() int64 {
	var sum float64
	var n uint64
	for i := range l.Groups {
		sum += l.Groups[i].Service.sum
		n += l.Groups[i].Service.Count()
	}
	return min(max(int64(2*sum/float64(max(1, n))), shortestListen), longestListen)
}

// Answered counts a right answer that was complete at now. It reports whether the service
// time of the phase includes that of the answer.
func (l *Ledger) Answered(e *Exchange, now int64, status int) (measured bool) {
	l.longest = max(l.longest, now-e.Sent)
	g := &l.Groups[e.Group]
	switch {
	case now < l.Window.T0:
		l.Counts.CompletedBefore++
	case now >= l.Window.T1:
		l.Counts.CompletedAfter++
	default:
		measured = true
		g.counts.Completed++
		if l.Segment != nil {
			l.Segment.Completed++
		}
		g.Status(status)
		if now-l.Window.T0 < (l.Window.T1-l.Window.T0)/2 {
			l.Counts.CompletedFirstHalf++
		}
	}
	if l.Window.Loop == results.OpenLoop {
		measured = l.Window.Inside(e.Intended)
	}
	if !measured {
		return false
	}
	intended := l.Window.Intends()
	if l.Segment != nil {
		l.Segment.Latency.Record(now - l.Window.origin(e))
	}
	l.Slowest.add(e, now, status)
	g.answered(e, now, intended)
	if l.all != nil {
		l.all.answered(e, now, intended)
	}
	return true
}

// Coded counts the content coding of a right answer that was complete at now. inflated is
// false for a compressed body that nobody looked into.
func (l *Ledger) Coded(group int32, now int64, coding string, inflated bool) {
	if !l.Window.Inside(now) {
		return
	}
	counts := &l.Groups[group].counts
	counts.Encodings = counted(counts.Encodings, coding)
	if !inflated {
		counts.NotInflated++
	}
}

// Streamed counts the server-sent events of a right answer that was complete at now.
func (l *Ledger) Streamed(group int32, now int64, events uint64) {
	if l.Window.Inside(now) {
		l.Groups[group].counts.Events += events
	}
}

// Abandoned counts an exchange whose connection the loader closed at now, as the steps of
// the exchange say, before an answer counted.
func (l *Ledger) Abandoned(group int32, now int64) {
	if !l.Window.Inside(now) {
		l.Counts.AbandonedOutside++
		return
	}
	l.Groups[group].counts.Abandoned++
}

// Failed counts a request that failed at now. status is 0 where none came. A timeout
// of an open loop is a censored sample of the corrected latency as well.
func (l *Ledger) Failed(e *Exchange, now int64, cause results.Cause, status int, detail string) {
	g, at := &l.Groups[e.Group], now
	if e.FirstByte != 0 {
		l.longest = max(l.longest, now-e.Sent)
	}
	if l.Window.Loop == results.OpenLoop {
		at = e.Intended
	}
	if !l.Window.Inside(at) {
		l.Counts.FailedOutside++
		if cause == results.CauseTimeout {
			l.Counts.TimeoutsOutside++
		}
		g.Note(detail)
		return
	}
	g.Fail(cause, detail)
	if l.Segment != nil {
		l.Segment.Failed++
	}
	g.FailedTime.Record(now - e.Sent)
	if l.all != nil {
		l.all.FailedTime.Record(now - e.Sent)
	}
	if status != 0 {
		g.Status(status)
	}
	if cause == results.CauseTimeout && l.Window.Loop == results.OpenLoop {
		l.censor(e.Group, (*Group).corrected, now-e.Intended)
		l.bound(now - e.Intended)
	}
}

// ConnectionFailed counts a connection that could not be made.
func (l *Ledger) ConnectionFailed(cause results.Cause, detail string) {
	l.Counts.ConnectionErrors = counted(l.Counts.ConnectionErrors, cause)
	l.Counts.FirstConnectionError = cmp.Or(l.Counts.FirstConnectionError, detail)
}

// Surplus counts bytes that answer no request.
func (l *Ledger) Surplus(detail string) {
	l.Counts.SurplusAnswers++
	l.Counts.FirstSurplus = cmp.Or(l.Counts.FirstSurplus, detail)
}

// GivenUp counts a request that was still in flight when the wait for its answer
// ended, at now. It is a lower bound of the service time in a closed loop, with users
// of the corrected latency too, and of the corrected latency alone in an open loop
// that intended it in the window.
func (l *Ledger) GivenUp(e *Exchange, now int64) {
	l.Counts.Unanswered++
	switch {
	case l.Window.Loop == results.ClosedLoop:
		l.censor(e.Group, (*Group).service, now-e.Sent)
		if l.Window.Users {
			l.record(e.Group, (*Group).corrected, now-e.Intended)
		}
		l.bound(now - l.Window.origin(e))
	case l.Window.Inside(e.Intended):
		l.Rate.Censored++
		l.censor(e.Group, (*Group).corrected, now-e.Intended)
		l.bound(now - e.Intended)
	}
}

// Unsent counts a request that was due and not sent when the drain bound ended, at
// now.
func (l *Ledger) Unsent(intended, now int64) { l.drop(&l.Rate.NeverSent, intended, now) }

// TooLate counts a request that was given up at now, unsent, since its deadline
// had passed.
func (l *Ledger) TooLate(intended, now int64) { l.drop(&l.Counts.Shed, intended, now) }

// drop counts a request that is not sent.
func (l *Ledger) drop(counter *uint64, intended, now int64) {
	if l.Window.Inside(intended) {
		*counter++
		l.censor(0, (*Group).corrected, now-intended)
		if l.Window.Intends() {
			l.bound(now - intended)
		}
	}
}

// bound puts a lower bound of the headline latency into the running segment.
func (l *Ledger) bound(atLeast int64) {
	if l.Segment != nil {
		l.Segment.Latency.Record(atLeast)
	}
}

// censor puts a lower bound into a histogram of the group.
func (l *Ledger) censor(group int32, of func(*Group) *Histogram, atLeast int64) {
	l.record(group, of, atLeast)
	least := &l.Rate.CensoredFromNS
	if l.Window.Loop == results.ClosedLoop {
		least = &l.Counts.UnansweredFromNS
	}
	*least = leastBound(*least, atLeast)
}

// Merge adds another thread's ledger of the same phase.
func (l *Ledger) Merge(o *Ledger) {
	for i := range l.Groups {
		l.Groups[i].Merge(&o.Groups[i])
	}
	if l.all != nil {
		l.all.Merge(o.all)
	}
	theirs := o.ErrorBars.histograms()
	for i, h := range l.ErrorBars.histograms() {
		h.Merge(theirs[i])
	}
	l.StallNS += o.StallNS
	l.Slowest.merge(&o.Slowest)
	if l.Breakdown != nil {
		l.Breakdown.merge(o.Breakdown)
	}
	for i := range l.Walks {
		l.Walks[i].merge(&o.Walks[i])
	}
	AddCounts(&l.Counts, &o.Counts)
	addRate(&l.Rate, &o.Rate)
}

// Into writes the ledger into the phase of a report. names are those of the requests.
func (l *Ledger) Into(r *results.Phase, names []string) error {
	r.Loop, r.T0NS, r.T1NS = l.Window.Loop, l.Window.T0, l.Window.T1
	AddCounts(r, &l.Counts)
	err := errors.Join(export(l.ErrorBars.histograms(), errorBarsOf(r)), l.groupsInto(r, names))
	if r.LoopGaps != nil {
		r.StallNS = new(l.StallNS)
	}
	r.Slowest = l.Slowest.result(names)
	if l.Breakdown != nil {
		err = errors.Join(err, l.Breakdown.into(r))
	}
	if l.Window.Loop == results.OpenLoop {
		if r.Rate == nil {
			r.Rate = &results.RateReport{}
		}
		addRate(r.Rate, &l.Rate)
		r.Rate.Achieved = r.Total.Completed + r.Total.Abandoned
		if l.Window.Iterates {
			r.Rate.Of, r.Rate.Achieved = results.RateOfIterations, l.walkedThrough()
		}
	}
	return err
}
