package record

import "github.com/joust-bench/joust/results"

// Window is a phase's window as accounting needs it, in CLOCK_MONOTONIC
// nanoseconds: [T0, T1).
type Window struct {
	Loop   results.Loop
	T0, T1 int64
	// Users is true in a closed loop whose users wait for connections, so that a
	// request is intended before it is sent.
	Users bool
}

// Inside tells whether the instant lies in the window.
func (w Window) Inside(t int64) bool { return t >= w.T0 && t < w.T1 }

// Exchange is one request with its stamps, in CLOCK_MONOTONIC nanoseconds.
type Exchange struct {
	// Intended is when the schedule, or the user, wanted it sent; in a closed loop
	// without users it equals Sent. Sent is read just before the first byte is written.
	Intended, Sent int64
	// FirstByte is 0 until the answer's first byte; Written is 0 where one
	// write took the whole request.
	FirstByte, Written int64
	// Group is the number of the request's group, Connection that of the thread's
	// connection.
	Group, Connection int32
}

// Phase is what one thread records of a phase. One goroutine may touch it at a
// time; Reset makes it ready for the next phase and keeps its memory.
//
// The rules are METHOD.md §1: throughput counts what completes inside the
// window; open-loop latency belongs to the requests intended inside it,
// closed-loop service time to those completed inside it.
type Phase struct {
	Window Window
	// Groups are by number.
	Groups []Group
	ErrorBars
	// Slowest are the slowest right answers of the window.
	Slowest Slowest
	Counts
	Intended
	Links
	// Traffic counts bytes inside the window.
	Traffic Traffic

	// longest is the longest time from a request's send to the end of its
	// answer, right or wrong, anywhere in the phase, in nanoseconds.
	longest int64
}

// ErrorBars are what the loader adds to what it measures, as in results.Phase.
type ErrorBars struct {
	SendLagIdle, SendLagBlocked Histogram
	ReceiveLag, LoopGaps        Histogram
	StallNS                     int64
}

// Counts are of requests, as in results.Phase.
type Counts struct {
	FirstHalf, Before, After, FailedOutside uint64
	TimeoutsOutside                         uint64
	Asked, Unanswered, SurplusAnswers       uint64
	FirstSurplus                            string
}

// Intended is what became of the intended instants, as in results.Phase and
// results.RateReport. CensoredFromNS is the least lower bound of either loop.
type Intended struct {
	NeverSent, Censored, Shed     uint64
	Offered, BacklogT0, BacklogT1 uint64
	CensoredFromNS                int64
}

// Links is what became of connections, as in results.Phase.
type Links struct {
	UnannouncedCloses, AnnouncedCloses, Reconnects uint64
	BackoffNS                                      int64

	connectionErrors     map[results.Cause]uint64
	firstConnectionError string
}

// Traffic counts bytes.
type Traffic struct {
	Sent, Received, SentBody, ReceivedBody uint64
}

// Since is the difference from an earlier reading.
func (t Traffic) Since(o Traffic) Traffic {
	return Traffic{t.Sent - o.Sent, t.Received - o.Received, t.SentBody - o.SentBody, t.ReceivedBody - o.ReceivedBody}
}

// Plus is the sum of two readings.
func (t Traffic) Plus(o Traffic) Traffic {
	return Traffic{t.Sent + o.Sent, t.Received + o.Received, t.SentBody + o.SentBody, t.ReceivedBody + o.ReceivedBody}
}

// NewPhase has that many groups.
func NewPhase(groups int) *Phase { return &Phase{Groups: make([]Group, groups)} }

// Reserve takes the memory of the histograms that every request needs, so that
// recording does not allocate. intended is true when a phase will come whose
// requests are intended before they are sent.
func (p *Phase) Reserve(intended bool) {
	for i := range p.Groups {
		p.Groups[i].Service.Reserve()
		p.Groups[i].FirstByte.Reserve()
		if intended {
			p.Groups[i].Corrected.Reserve()
		}
	}
	p.ReceiveLag.reserve(lagDigits)
	p.LoopGaps.reserve(lagDigits)
	if intended {
		p.SendLagIdle.reserve(lagDigits)
		p.SendLagBlocked.reserve(lagDigits)
	}
}

func (b *ErrorBars) histograms() [4]*Histogram {
	return [4]*Histogram{&b.SendLagIdle, &b.SendLagBlocked, &b.ReceiveLag, &b.LoopGaps}
}

// Stall is the shortest time for which a loop that should have run must have
// stood still to count as stalled, in nanoseconds.
const Stall = int64(1e6)

// Gap records that an event loop with something to do came round only now, d
// nanoseconds after it should have. worked is the part of d in which it
// evidently worked; the rest is a stall, of which the part inside the window
// counts.
func (p *Phase) Gap(now, d, worked int64) {
	if p.Window.Inside(now) {
		p.LoopGaps.recordLag(d)
	}
	if still := d - worked; still >= Stall {
		p.StallNS += p.insideNS(now-still, now)
	}
}

// Backoff records that a connection waited from one instant to another before it
// was tried again. It is called at the end of the wait, or of the phase: a window
// that ends early cuts the wait.
func (p *Phase) Backoff(from, to int64) { p.BackoffNS += p.insideNS(from, to) }

// insideNS is the length of the part of [from, to) that lies in the window.
func (p *Phase) insideNS(from, to int64) int64 {
	return max(0, min(to, p.Window.T1)-max(from, p.Window.T0))
}

// Received records the time from the kernel's stamp of an arrival to the read
// of it at now.
func (p *Phase) Received(now, lag int64) {
	if p.Window.Inside(now) {
		p.ReceiveLag.recordLag(max(0, lag))
	}
}

// Reset forgets the last phase and takes the window of the next.
func (p *Phase) Reset(w Window) {
	for i := range p.Groups {
		p.Groups[i].Reset()
	}
	for _, h := range p.ErrorBars.histograms() {
		h.Reset()
	}
	p.StallNS = 0
	clear(p.connectionErrors)
	*p = Phase{Window: w, Groups: p.Groups, ErrorBars: p.ErrorBars, Links: Links{connectionErrors: p.connectionErrors}}
}

// Lag records how late a request is sent, and whose fault it is: ours when a
// connection had been idle since before its intended instant.
func (p *Phase) Lag(intended, idleSince, now int64) {
	switch {
	case !p.Window.Inside(intended):
	case idleSince <= intended:
		p.SendLagIdle.recordLag(now - intended)
	default:
		p.SendLagBlocked.recordLag(now - intended)
	}
}

// AwaitUntil is until when requests in flight behind the window are awaited, in
// CLOCK_MONOTONIC nanoseconds: until the drain bound, and from the last send on
// for twice the longest time that an answer took, at most the request timeout. So
// a slow answer is not taken for one that never comes. A closed loop sends until
// its window ends, an open one with a backlog until the drain bound.
func (p *Phase) AwaitUntil(drained, timeout int64) int64 {
	sent := p.Window.T1
	if p.Window.Loop == results.OpenLoop {
		sent = drained
	}
	return max(drained, sent+min(2*p.longest, timeout))
}

// The wait for answers that nobody asked for, in nanoseconds.
const (
	shortestListen = int64(10e6)
	longestListen  = int64(100e6)
)

// ListenNS is how long a loader waits behind a phase, when nothing is in flight
// any more, for answers that nobody asked for, in nanoseconds: twice what a
// request took on average, within bounds.
func (p *Phase) ListenNS() int64 {
	var sum float64
	var n uint64
	for i := range p.Groups {
		sum += p.Groups[i].Service.sum
		n += p.Groups[i].Service.Count()
	}
	return min(max(int64(2*sum/float64(max(1, n))), shortestListen), longestListen)
}

// Answered counts a right answer that was complete at now.
func (p *Phase) Answered(e *Exchange, now int64, status int) {
	p.longest = max(p.longest, now-e.Sent)
	g := &p.Groups[e.Group]
	inside := false
	switch {
	case now < p.Window.T0:
		p.Before++
	case now >= p.Window.T1:
		p.After++
	default:
		inside = true
		g.Completed++
		g.Status(status)
		if now-p.Window.T0 < (p.Window.T1-p.Window.T0)/2 {
			p.FirstHalf++
		}
	}
	if p.Window.Loop == results.OpenLoop {
		inside = p.Window.Inside(e.Intended)
	}
	if !inside {
		return
	}
	if p.Window.Loop == results.OpenLoop || p.Window.Users {
		g.Corrected.Record(now - e.Intended)
	}
	if now-e.Intended > p.Slowest.least {
		p.Slowest.add(e, now)
	}
	g.Service.Record(now - e.Sent)
	g.FirstByte.Record(e.FirstByte - e.Sent)
	if e.Written != 0 {
		g.Write.Record(e.Written - e.Sent)
	}
}

// Failed counts a request that failed at now. A status of 0 says that none
// came. A timeout of an open loop is a censored sample of the corrected
// latency as well.
func (p *Phase) Failed(e *Exchange, now int64, cause results.Cause, status int, detail string) {
	g, at := &p.Groups[e.Group], now
	if e.FirstByte != 0 {
		p.longest = max(p.longest, now-e.Sent)
	}
	if p.Window.Loop == results.OpenLoop {
		at = e.Intended
	}
	if !p.Window.Inside(at) {
		p.FailedOutside++
		if cause == results.CauseTimeout {
			p.TimeoutsOutside++
		}
		g.Note(detail)
		return
	}
	g.Fail(cause, detail)
	g.FailedTime.Record(now - e.Sent)
	if status != 0 {
		g.Status(status)
	}
	if cause == results.CauseTimeout && p.Window.Loop == results.OpenLoop {
		p.censor(&g.Corrected, now-e.Intended)
	}
}

// ConnectionFailed counts a connection that could not be made.
func (p *Phase) ConnectionFailed(cause results.Cause, detail string) {
	if p.connectionErrors == nil {
		p.connectionErrors = make(map[results.Cause]uint64)
	}
	p.connectionErrors[cause]++
	if p.firstConnectionError == "" {
		p.firstConnectionError = detail
	}
}

// Surplus counts bytes that answer no request.
func (p *Phase) Surplus(detail string) {
	p.SurplusAnswers++
	if p.FirstSurplus == "" {
		p.FirstSurplus = detail
	}
}

// Abandoned counts a request in flight when the wait for its answer ended, at
// now. A closed loop has it among the service times, and with users among the
// corrected latencies, an open one, where it was
// intended in the window, among the corrected latencies: as a lower bound.
func (p *Phase) Abandoned(e *Exchange, now int64) {
	p.Unanswered++
	g := &p.Groups[e.Group]
	switch {
	case p.Window.Loop == results.ClosedLoop:
		p.censor(&g.Service, now-e.Sent)
		if p.Window.Users {
			g.Corrected.Record(now - e.Intended)
		}
	case p.Window.Inside(e.Intended):
		p.Censored++
		p.censor(&g.Corrected, now-e.Intended)
	}
}

// Unsent counts a request that was due and never sent until the drain bound
// ended, at now.
func (p *Phase) Unsent(intended, now int64) {
	if p.Window.Inside(intended) {
		p.NeverSent++
		p.censor(&p.Groups[0].Corrected, now-intended)
	}
}

// TooLate counts a request that was given up at now, unsent, since its deadline
// had passed.
func (p *Phase) TooLate(intended, now int64) {
	if p.Window.Inside(intended) {
		p.Shed++
		p.censor(&p.Groups[0].Corrected, now-intended)
	}
}

// censor puts a lower bound into a histogram of the phase.
func (p *Phase) censor(h *Histogram, atLeast int64) {
	h.Record(atLeast)
	if p.CensoredFromNS == 0 || atLeast < p.CensoredFromNS {
		p.CensoredFromNS = atLeast
	}
}
